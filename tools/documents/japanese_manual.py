"""Japanese for the manual page. A command or option that is missing here fails the tests."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "name": "名前",
    "title": "まず Claude Code、使用上限に達したらローカルモデル",
    "synopsis": "書式",
    "description": "説明",
    "options": "オプション",
    "help": "ヘルプを表示して終了します。",
    "commands": "コマンド",
    "first word": "コマンドかどうかは最初の単語で決まります。コマンド名ならそのコマンド、"
    "それ以外はプロンプトです。"
    "`ai-code run PROMPT` と書けば、何でもプロンプトになります。",
    "settings": "設定",
    "order": "先に書いたものほど優先されます。オプション、環境変数、コマンドによる選択、"
    "プロジェクトのファイル、自分のファイル、既定値の順です。(信頼) と付いた項目は、"
    "`ai-code config trust` で認めるまで、プロジェクトのファイルからは使われません。",
    "trust": "(信頼)",
    "takes": "値: {}。既定値: {}。環境変数: {}。",
    "not set": "なし",
    "environment": "環境変数",
    "files": "ファイル",
    "exits": "終了ステータス",
    "see also": "関連項目",
    "help of others": "claude と aider の説明は、それぞれの `--help` にあります。",
}

FILES: dict[str, str] = {
    "~/.config/ai-code/config.yaml": "自分の設定($XDG_CONFIG_HOME で移せます)。",
    ".ai-code.yaml": "プロジェクトの設定。リポジトリのルート、またはより近いフォルダーに置きます。",
    "~/.local/state/ai-code/": "実行の記録、取り消しに必要なもの、分かっている上限、信頼。"
    "本人だけが読めます($XDG_STATE_HOME で移せます)。",
    "~/.local/share/ai-code/": "`ai-code drill` か `ai-code setup` がインストールした "
    "Claude Code と、aider の環境($XDG_DATA_HOME で移せます)。",
    "~/.cache/ai-code/": "インストール済みのプログラムのバージョン($XDG_CACHE_HOME で移せます)。",
}

ENVIRONMENT: dict[str, str] = {
    "AI_CODE_*": "設定項目ごとに一つあります。空なら、設定していないものとみなします。",
    "OLLAMA_HOST, OLLAMA_API_BASE": "AI_CODE_OLLAMA_API がなければ、Ollama のアドレスになります。",
    "ANTHROPIC_API_KEY, CLAUDE_CONFIG_DIR": "Claude Code のもので、そのまま渡します。",
    "NO_COLOR, TERM=dumb": "色を付けません。",
}

COMMANDS: dict[str, str] = {
    "run": "Claude Code にプロンプト PROMPT を渡します。使用上限に達すると、作業ツリーの写しである"
    "専用の worktree でローカルモデル(Ollama と aider)が続け、結果を点検して反映します。"
    "`ai-code undo` で取り消せます。次の実行は、また Claude から始まります。"
    "Claude は、その設定や引数で選んでいなければ --permission-mode acceptEdits で動きます。",
    "undo": "実行 RUN が反映したものを、内容、パーミッション、リンクまで元に戻します。RUN は実行の "
    "ID(先頭の数文字でもよい)です。省くと、ここに最後に反映した実行が対象になります。"
    "取り消しも一つの実行なので、それ自体を取り消せます。",
    "diff": "実行 RUN が反映したものと、反映しなかったものを表示します。",
    "limits": "上限の判定、規則、今分かっている上限。",
    "limits classify": "保存した Claude Code の出力を、実際の実行と同じ判定にかけます。一行に"
    "一つの JSON オブジェクトを出力します。",
    "limits rules": "規則の表を、試す順に表示します。最初に一致したものが採用されます。",
    "limits status": "確認済みで、まだ終わっていない上限を表示します。",
    "config": "設定の表示と検査、プロジェクトのファイルの信頼。",
    "config show": "すべての設定の今の値を表示します。秘密の値は伏せられます。",
    "config check": "設定ファイルと環境変数をすべて、または FILE だけを検査します。誤りがあれば"
    "終了コード 78 で終了します。",
    "config path": "どのファイルが読まれるかを、優先される順に表示します。",
    "config trust": "このプロジェクトの .ai-code.yaml に、コマンド、引数、接続先などの設定を"
    "認めます。内容が変わると、もう一度確認が必要です。",
    "status": "今どちらが答えるかとその理由、Ollama とモデル、メモリ、最近の実行を一画面に"
    "表示します。--short は `claude`、`local qwen2.5-coder:7b until 20:00`、"
    "`limit until 20:00`、`none` のどれかを表示します。ファイルを読むだけなので、"
    "シェルのプロンプトや tmux から何度でも呼べます。",
    "history": "このフォルダーでの最近の実行を、新しいものから表示します。"
    "`ai-code history show ID` は一つの実行について残っているものをすべて表示します。",
    "history show": "実行 ID について残っているものをすべて表示します。ID は先頭の数文字でも"
    "かまいません。",
    "log": "すべてのフォルダーでの出来事を表示します。実行の開始、各エンジンの結果、実行の終了を"
    "それぞれ一行で示します。上限はエラーではありません。どのエンジンも終えられなかった実行は"
    "エラーです。",
    "stats": "すべてのフォルダーの実行を集計します。ローカルモデルの毎秒トークン数は下限です"
    "(書いた量を、そのエンジンの作業時間全体で割ります)。待たずに済んだ時間は、ローカルモデルが"
    "終えた実行の終わりから Claude の上限のリセットまでです。重なる時間は一度だけ数えます。",
    "completion": "シェル SHELL の補完スクリプトを表示します。",
    "doctor": "引き継ぎに必要なものをすべて同時に調べ、状態、ID、見えたもの、対処を"
    "表示します。"
    "CHECK は ID またはグループ(claude、aider、ollama、models、machine、settings、state)です。"
    "モデルは呼ばず、--fix がなければ何も変えません。失敗がなければ終了コード 0 で終わります。"
    "警告は失敗に数えません。",
    "drill": "一時的なプロジェクトの中で使用上限を再現し、引き継ぎを最初から最後まで行って、"
    "どの部分が動いたかを表で示します。ログイン情報は使わず、課金されることもありません。",
    "setup": "引き継ぎに必要なものを調べ、足りないものを、手順ごとに確認のうえで揃えます。"
    "手順は git、claude、aider、ollama、service(サーバーの起動)、model、drill で、"
    "STEP を指定すると、それだけを行います。すでにあるものには手を付けません。"
    "端末がなく --yes もなければ、"
    "何も変更せずに、何を行うかだけを示します。NixOS と Home Manager では、設定に書く行を"
    "表示します。足りないものがあれば終了コードは 1 です。",
    "models": "ローカルモデルの一覧、推奨、取得、試験、選択など。models.exclude-countries、"
    "exclude-makers、allow、deny で除外したモデルは、推奨・取得・試験・読み込み・選択の対象に"
    "なりません。",
    "models list": "インストール済みのモデルを表示します。サイズ、量子化、コンテキスト長、ツール、"
    "必要なメモリ、作り手、ライセンス。",
    "models recommend": "このマシンとポリシーに合うモデルを、良い順に理由とともに表示します。",
    "models pull": "モデル NAME を取得します(複数指定できます)。"
    "省くと、推奨モデルを確認のうえ取得します。"
    "Ctrl-C で止めても、同じコマンドで続きから再開します。",
    "models rm": "インストール済みのモデル NAME を、確認のうえ削除します。",
    "models verify": "モデル NAME、またはすべてのモデルのファイルをダイジェストと照合します。",
    "models use": "今後の実行で使うモデルを NAME にします。auto で選択を取り消します。",
    "models show": "モデル NAME について分かっていることをすべて表示します。",
    "models test": "モデル NAME、または実行で使うモデルに、aider による小さな編集試験を"
    "受けさせます。作業は一時フォルダーで行い、手元のファイルには触れません。",
    "models preload": "モデル NAME、または実行で使うモデルを、実行時と同じコンテキスト長でメモリに"
    "読み込みます。",
    "models unload": "モデル NAME、または読み込まれている唯一のモデルをメモリから外します。",
}

OPTIONS: dict[str, str] = {
    "run --prompt": "プロンプト。オプションと間違えられる書き出しのときに使います。",
    "run --engine": "このエンジンだけを使います。claude または aider。",
    "run --local": "Claude を使わず、最初からローカルモデルを使います。",
    "run --no-fallback": "上限に達したら引き継がず、終了コード 75 で止まります。",
    "run --wait": "上限に達したらリセットまで待ち、同じセッションで続けます。",
    "run --model": "ローカルモデルの名前(Ollama での名前)。",
    "run --claude-model": "Claude のモデル。",
    "run --api": "Ollama のアドレス。OLLAMA_HOST と同じ書き方ができます。",
    "run --num-ctx": "ローカルモデルのコンテキスト長(トークン)。0 なら収まる長さ。",
    "run --keep-alive": "ローカルモデルをメモリに置いておく時間(5m、-1)。",
    "run --file": "編集するファイル。繰り返し指定できます。",
    "run --read": "読むだけのファイル。繰り返し指定できます。",
    "run --continue": "直前のセッションを続けます。",
    "run --resume": "この Claude のセッションを続けます。",
    "run --output-format": "claude -p と同じ形式に、エンジン名が加わります。",
    "run --json": "ai-code 独自の一つのオブジェクトを出力します。エラーのときも同じです。",
    "run --timeout": "この時間が過ぎたらエンジンを終了させます(90、5m、1h)。",
    "run --stall-timeout": "この時間、何も出力しないエンジンを終了させます(300)。",
    "run --patience": "429 や 529 が収まるのを待つ時間(20)。",
    "run --allow-protected": "CI の設定、フック、.claude などの編集も反映します。",
    "run --on-suspect": "壊れていそうな編集の扱い。",
    "run --expect-changes": "何も変わらなければ終了コード 1 で終了します。",
    "run --dry-run": "何を実行するかだけを表示し、何も起動しません。",
    "run --no-input": "何も尋ねず、標準入力も読みません。",
    "run --quiet": "回答、エラー、引き継ぎの行、反映されなかったものだけを表示します。",
    "run --verbose": "何をなぜしているかを詳しく表示します。",
    "run --version": "バージョンを表示して終了します。",
    "undo --yes": "確認せずに実行します。",
    "diff --stat": "ファイル名と行数だけを表示します。",
    "diff --raw": "反映されたパッチを `git apply` 用にそのまま出力します。",
    "limits classify --exit-code": "実行の終了コード。",
    "limits classify --format": "その出力を作ったときの --output-format。",
    "limits classify --recording": "FILE は記録です(標準出力、終了コードなどを含む JSON)。",
    "limits rules --json": "一行に一つの JSON オブジェクトを出力します。パターンも含みます。",
    "limits status --json": "一行に一つの JSON オブジェクトを出力します。",
    "status --short": "シェルのプロンプト向けの短い一行を表示します。どこにも問い合わせません。",
    "status --json": "一つのオブジェクトを標準出力に出します。",
    "history -n": "いくつ表示するか。",
    "history --all": "このフォルダーだけでなく、すべてのフォルダーを対象にします。",
    "history --json": "一つのオブジェクトを標準出力に出します。",
    "history show --json": "一つのオブジェクトを標準出力に出します。",
    "log -n": "過去のものをいくつ表示するか。",
    "log --follow": "その後、新しいものを待ちます。Ctrl-C で終わります。",
    "log --errors": "うまく終わらなかったものだけを表示します。",
    "log --json": "一行に一つのオブジェクトを出力します。",
    "stats --since": "この時点から後を集計します。7d、12h、2w、または日付(2026-11-01)。",
    "stats --json": "一つのオブジェクトを標準出力に出します。",
    "config show --origin": "それぞれの値の出どころも表示します。",
    "config show --json": "JSON で出力します。出どころも含みます。",
    "config trust --yes": "確認せずに信頼します。",
    "config trust --revoke": "信頼を取り消します。",
    "config trust --list": "信頼しているファイルを表示します。",
    "doctor --fix": "安全な対処だけを、一つずつ確認してから行います。",
    "doctor --yes": "--fix のとき、確認せずに実行します。",
    "doctor --deep": "aider の編集、モデルの回答、ダウンロードの内容も確かめます。",
    "doctor --json": "一つのオブジェクトを標準出力に出します。",
    "drill --scenario": "シナリオを一つ選びます。all ならすべて。",
    "drill --real": "Ollama とモデルの代役も、Claude の記録も認めません。",
    "drill --yes": "Claude Code がなければインストールすることに同意します。",
    "drill --json": "一つのオブジェクトを標準出力に出します。",
    "drill --keep": "一時フォルダーを残し、その場所を示します。",
    "drill --verbose": "その間に ai-code が表示するものも見せます。",
    "setup --yes": "各手順に同意します。sudo は実行しません。",
    "setup --skip": "この手順を飛ばします。繰り返し指定できます。",
    "setup --api": "今後、このアドレスの Ollama を使います。",
    "setup --no-input": "何も尋ねません。--yes がなければ、足りないものを示すだけです。",
    "setup --remove": "セットアップが作ったものを、一つずつ確認のうえで元に戻します。",
    "setup --json": "一つのオブジェクトを標準出力に出します。",
    "models list --all": "カタログにあるモデルも表示します。",
    "models list --json": "一つのオブジェクトを標準出力に出します。",
    "models recommend --role": "用途。指定しなければ edit。",
    "models recommend --all": "合うモデルすべてと、ほかのモデルが外れた理由を表示します。",
    "models recommend --json": "一つのオブジェクトを標準出力に出します。",
    "models pull --missing": "まだインストールされていないものだけを取得します。",
    "models pull --yes": "確認せずに実行します。",
    "models rm --yes": "確認せずに実行します。",
    "models verify --json": "一つのオブジェクトを標準出力に出します。",
    "models use --role": "用途。指定しなければ edit。",
    "models show --json": "一つのオブジェクトを標準出力に出します。",
    "models test --edit-format": "編集の形式。指定しなければ aider.edit-format に従います。",
    "models test --json": "一つのオブジェクトを標準出力に出します。",
}
