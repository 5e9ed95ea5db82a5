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
    "~/.local/state/ai-code/": "実行の記録、取り消しに必要なもの、メモ、分かっている上限、信頼。"
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
    "chat": "この端末で Claude Code 自身の画面を開きます。引数のない `ai-code` と同じです。"
    "Claude と端末の間には何も入りません。終了したとき、セッションが使用上限で止まっていれば、"
    "続け方を尋ねます。ローカルモデル(aider)自身のチャットを専用の worktree で開き、終わったら"
    "反映するか、リセットを待って同じセッションに戻るか、ここで終わるかです。",
    "undo": "実行 RUN が反映したものを、内容、パーミッション、リンクまで元に戻します。RUN は実行の "
    "ID(先頭の数文字でもよい)です。省くと、ここに最後に反映した実行が対象になります。"
    "その後に自分で行った変更は残ります。競合なく統合できないファイルはそのままにして名前を示し、"
    "取り消さなかった分をパッチとして残します(終了コード 1)。"
    "取り消しも一つの実行なので、それ自体を取り消せます。"
    "`--list` は、ここで取り消せる実行と、今取り消すとそのまま残るファイルを新しい順に示します。",
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
    "ask": "このプロジェクトについて質問します。Claude Code が先に答え、上限ではローカルモデルが"
    "答えます。どちらも何も編集できません。どのエンジンが答えるかは engines.for.ask で決まり、"
    "なければ通常の実行と同じです。",
    "plan": "編集を始める前に、作業の計画を手順ごとに立てさせます。Claude Code では plan モードを"
    "使い、上限ではローカルエンジンの同等の機能を使います。どのエンジンが計画するかは "
    "engines.for.plan で決まり、なければ通常の実行と同じです。",
    "engines": "上限に達したときに引き継げるエンジンです。何ができ、ここで動くかどうかを示します。"
    "どれが引き継ぐかは設定の fallback.chain で決まります。`--engine NAME` は一回の実行だけに"
    "使います。",
    "engines list": "すべてのエンジンを表示します。インストール済みかどうか、バージョン、"
    "できること、実行で使うモデルで動くかどうかです。起動するのは `--version` だけです。",
    "engines show": "エンジン NAME について分かっていることをすべて表示します。ライセンス、"
    "入手方法、できること(テストで確かめたものとそうでないもの)、歯止め、ここで動くかどうかです。",
    "engines install": "エンジン NAME を、公式の方法(npm または PyPI)で、ai-code 専用のフォルダーに"
    "確認のうえインストールします。すでにあるものは、新しいものが起動するまで使われます。"
    "`ai-code engines remove NAME` で取り除けます。",
    "engines test": "作業の途中で使用上限を再現し、エンジン NAME に引き継がせます。"
    "`ai-code drill --engine NAME` と同じです。引き継ぎのメモ、作業用ツリーの中のエンジン、反映、"
    "取り消し、Claude への復帰を確かめます。"
    "手元の Ollama とモデルがそのエンジンに合えばそれを使い、合わなければモデル役の代役を使います。"
    "すべて成功すれば終了コードは 0 です。",
    "engines remove": "`ai-code engines install NAME` が作ったものを、確認のうえ取り除きます。"
    "自分で入れたものには触れません。",
    "handover": "Claude からローカルモデルへ、またその逆に引き継がれる内容です。",
    "handover show": "このフォルダーでの Claude の最後のセッションが今終わったとしたら、"
    "ローカルエンジンに何が渡るかを表示します。メッセージ、Claude が行ったことのメモ、編集する"
    "ファイル、読むだけのファイルです。実行のときと同じように Claude 自身の記録から作り、"
    "モデルには何も尋ねません。",
    "remember": "TEXT をメモします。以後はどのエンジン(Claude とローカルモデル)にも渡します。"
    "リポジトリの中ではそのプロジェクトのメモになり、状態フォルダーに保存します(読めるのは本人"
    "だけです)。外ではすべてのプロジェクト用です。`-` なら標準入力から読みます。メモの表示、検索、"
    "編集、削除は `ai-code memory` で行います。",
    "memory": "ここでどのエンジンにも渡されるもの。CLAUDE.md などと、"
    "`ai-code remember` のメモです。",
    "memory show": "このプロジェクトの記憶のうちローカルモデルに渡されるものを、"
    "重要なものから順に、トークン数と出どころとともに表示します。"
    "続けて、メモを `edit` と `forget` に使う ID とともに表示します。"
    "Claude にはメモを渡します。ほかのファイルは Claude が自分で読みます。",
    "memory search": "ここで使われるメモと、プロジェクトの記憶のファイル"
    "(CLAUDE.md、ルール、取り込みなど)から、"
    "WORDS のすべてがある箇所を、よく合うものから順に表示します。語の一部でもかまいません。"
    "大文字と小文字は区別せず、日本語は空白で区切る必要がありません。",
    "memory edit": "このプロジェクトのメモ、またはメモ ID だけを、"
    "$VISUAL か $EDITOR で編集します。消したメモは別に取っておくので、"
    "`ai-code memory forget --undo ID` で戻せます。",
    "memory forget": "これらの ID のメモを忘れます。ID は先頭の数文字でもかまいません。別に取って"
    "おくので --undo で戻せます。--for-good を付けると残しません。",
    "hooks": "`claude` を直接開く人のための、Claude Code 自身の設定に入れる二つのフックです。"
    "セッションの始めに、そのリポジトリでその間にローカルモデルが行ったことを Claude に一度だけ"
    "知らせます。上限に達すると、その種類とリセットの時刻を `ai-code status` のために記録します。",
    "hooks install": "フックを Claude の利用者の設定に書きます。何が変わるかを表示してから"
    "尋ねます。ファイルのほかの部分はそのままです。今の Claude Code が名前を知らないフックは"
    "書きません(そのようなバージョンでは、すべてのフックが無効になるためです)。Nix を使っている"
    "場合と、ファイルに書き込めない場合は、自分で書くための行を表示します。",
    "hooks remove": "フックを Claude の設定から取り除きます。その後だれも変えていないファイルは"
    "元の内容に戻り、ほかのファイルからは ai-code の項目だけが消えます。",
    "hooks show": "フックが Claude の設定に入っているかどうかと、その行を表示します。何も"
    "変更しません。",
    "review": "ローカルモデルがここで変更したものを、Claude が確認し、直すか受け入れます。"
    "RUN を省くと、Claude が最後に答えてから後のすべての実行、それがなければ最後の実行が対象です。"
    "使用上限に達すると止まります(終了コード 75)。ローカルモデルが自分を確認することはありません。"
    "Claude の変更はいつもどおりすぐにツリーに入ります。ローカルモデルの変更は "
    "`ai-code undo RUN` で取り消せます。",
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
    "CHECK は ID またはグループ(claude、aider、engines、ollama、models、machine、settings、state)"
    "です。"
    "モデルは呼ばず、--fix がなければ何も変えません。--fix は、自分で行う対処も一覧にします。"
    "失敗がなければ終了コード 0 で終わります。"
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
    "models test": "モデル NAME、または実行で使うモデルに、小さな編集試験を受けさせます。"
    "やさしいものから順に六つの課題を、実行で引き継ぐエンジンを使い、一時フォルダーの中で行います。"
    "手元のファイルには触れません。結果はモデルとエンジンの組ごとに残り、"
    "`ai-code models recommend` と `ai-code engines list` が反映します。"
    "合格が半分に満たなければ、終了コードは 1 です。",
    "models preload": "モデル NAME、または実行で使うモデルを、実行時と同じコンテキスト長でメモリに"
    "読み込みます。",
    "models unload": "モデル NAME、または読み込まれている唯一のモデルをメモリから外します。",
}

OPTIONS: dict[str, str] = {
    "run --prompt": "プロンプト。オプションと間違えられる書き出しのときに使います。",
    "run --engine": "このエンジンだけを使います。名前は ai-code engines list で分かります。",
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
    "chat --local": "Claude を使わず、最初からローカルモデルのチャットを開きます。",
    "chat --model": "ローカルモデルの名前(Ollama での名前)。",
    "chat --claude-model": "Claude のモデル。",
    "chat --api": "Ollama のアドレス。OLLAMA_HOST と同じ書き方ができます。",
    "chat --num-ctx": "ローカルモデルのコンテキスト長(トークン)。0 なら収まる長さ。",
    "chat --keep-alive": "ローカルモデルをメモリに置いておく時間(5m、-1)。",
    "chat --file": "編集するファイル。繰り返し指定できます。",
    "chat --read": "読むだけのファイル。繰り返し指定できます。",
    "chat --continue": "直前のセッションを続けます。",
    "chat --resume": "この Claude のセッションを続けます。",
    "chat --allow-protected": "CI の設定、フック、.claude などの編集も反映します。",
    "chat --on-suspect": "壊れていそうな編集の扱い。",
    "chat --quiet": "エラー、引き継ぎの行、反映されなかったものだけを表示します。",
    "chat --verbose": "何をなぜしているかを詳しく表示します。",
    "undo --yes": "確認せずに実行します。",
    "undo --list": "ここで取り消せる実行を新しい順に表示します。",
    "undo -n": "--list でいくつ表示するか。",
    "undo --json": "--list とともに使います。一つのオブジェクトを標準出力に出します。",
    "diff --stat": "ファイル名と行数だけを表示します。",
    "diff --raw": "反映されたパッチを `git apply` 用にそのまま出力します。",
    "diff --json": "一つのオブジェクトを標準出力に出します。",
    "limits classify --exit-code": "実行の終了コード。",
    "limits classify --format": "その出力を作ったときの --output-format。",
    "limits classify --recording": "FILE は記録です(標準出力、終了コードなどを含む JSON)。",
    "limits rules --json": "一行に一つの JSON オブジェクトを出力します。パターンも含みます。",
    "limits status --json": "一行に一つの JSON オブジェクトを出力します。"
    "確認済みの上限がなければ、何も出力しません。",
    "status --short": "シェルのプロンプト向けの短い一行を表示します。どこにも問い合わせません。",
    "status --json": "一つのオブジェクトを標準出力に出します。",
    "ask --prompt": "質問。オプションと間違えられる書き出しのときに使います。",
    "ask --engine": "このエンジンだけに尋ねます。",
    "plan --prompt": "作業。オプションと間違えられる書き出しのときに使います。",
    "plan --engine": "このエンジンだけに計画させます。",
    **{
        f"{command} {option}": text
        for command in ("ask", "plan")
        for option, text in {
            "--local": "Claude を使わず、最初からローカルモデルに尋ねます。",
            "--no-fallback": "上限に達したら終了コード 75 で止まります。",
            "--wait": "上限に達したらリセットまで待ち、同じセッションで続けます。",
            "--model": "ローカルモデルの名前(Ollama での名前)。",
            "--claude-model": "Claude のモデル。",
            "--api": "Ollama のアドレス。",
            "--num-ctx": "ローカルモデルのコンテキスト長(トークン)。",
            "--read": "読ませるファイル。",
            "--continue": "直前のセッションを続けます。",
            "--output-format": "claude -p と同じ形式に、エンジン名が加わります。",
            "--json": "一つのオブジェクトを標準出力に出します(エラーも含みます)。",
            "--timeout": "この時間が過ぎたらエンジンを終了させます(90、5m)。",
            "--dry-run": "何が実行されるかを表示し、何も実行しません。",
            "--no-input": "何も尋ねず、標準入力も読みません。",
            "--quiet": "回答、エラー、引き継ぎの行だけを表示します。",
            "--verbose": "何をなぜしているかを詳しく表示します。",
        }.items()
    },
    "engines list --json": "一つのオブジェクトを標準出力に出します。",
    "engines show --json": "一つのオブジェクトを標準出力に出します。",
    "engines install --again": "このバージョンがすでにあっても、入れ直します。",
    "engines install --yes": "尋ねません。",
    "engines remove --yes": "尋ねません。",
    "engines test --scenario": "シナリオを一つ選びます。all ならすべて。",
    "engines test --real": "Ollama とモデルの代役も、Claude の記録も認めません。",
    "engines test --yes": "Claude Code がなければインストールすることに同意します。",
    "engines test --json": "一つのオブジェクトを標準出力に出します。",
    "engines test --keep": "一時フォルダーを残し、その場所を示します。",
    "engines test --verbose": "その間に ai-code が表示するものも見せます。",
    "handover show --for": "引き継ぐエンジン。指定しなければ、実行のときに使われるもの。",
    "handover show --json": "一つのオブジェクトを標準出力に出します。",
    "remember --global": "すべてのプロジェクト用のメモにします。",
    "remember --project": "差分を表示してから、リポジトリの CLAUDE.md に書きます。",
    "remember --yes": "--project とともに使います。尋ねません。",
    "remember --allow-secret": "鍵やパスワードに見えても、そうではありません。",
    "remember --json": "一つのオブジェクトを標準出力に出します。",
    "memory show --file": "作業の対象になるファイル。そのファイル向けのルールも含めます"
    "(繰り返し指定できます)。",
    "memory show --text": "本文も表示します。",
    "memory show --json": "本文を含む一つのオブジェクトを標準出力に出します。",
    "memory search --all": "ほかのプロジェクトのメモも探します。",
    "memory search -n": "いくつ表示するか。",
    "memory search --json": "一つのオブジェクトを標準出力に出します。",
    "memory edit --global": "すべてのプロジェクト用のメモを編集します。",
    "memory forget --yes": "尋ねません。",
    "memory forget --for-good": "写しも残しません。",
    "memory forget --undo": "forget で削除したメモを元に戻します。",
    "hooks install --yes": "尋ねません。",
    "hooks remove --yes": "尋ねません。",
    "hooks show --json": "一つのオブジェクトを標準出力に出します。",
    "review --claude-model": "Claude のモデル。",
    "review --wait": "上限に達したら、リセットを待って同じセッションで続けます。",
    "review --json": "一つのオブジェクトを標準出力に出します(エラーも含みます)。",
    "history -n": "いくつ表示するか。",
    "history --all": "このフォルダーだけでなく、すべてのフォルダーを対象にします。",
    "history --json": "一つのオブジェクトを標準出力に出します。",
    "history show --json": "一つのオブジェクトを標準出力に出します。",
    "log -n": "過去のものをいくつ表示するか。",
    "log --follow": "その後、新しいものを待ちます。Ctrl-C で終わります。",
    "log --errors": "うまく終わらなかったものだけを表示します。",
    "log --json": "一行に一つのオブジェクトを出力します。一つもなければ、何も出力しません。",
    "stats --since": "この時点から後を集計します。7d、12h、2w、または日付(2026-11-01)。",
    "stats --json": "一つのオブジェクトを標準出力に出します。",
    "config show --origin": "それぞれの値の出どころも表示します。",
    "config show --json": "JSON で出力します。出どころも含みます。",
    "config trust --yes": "確認せずに信頼します。",
    "config trust --revoke": "信頼を取り消します。",
    "config trust --list": "信頼しているファイルを表示します。",
    "config trust --json": "--list とともに使います。一つのオブジェクトを標準出力に出します。",
    "config path --json": "一つのオブジェクトを標準出力に出します。",
    "doctor --fix": "安全な対処だけを、一つずつ確認してから行います。",
    "doctor --yes": "--fix のとき、確認せずに実行します。",
    "doctor --deep": "aider の編集、モデルの回答、ダウンロードの内容も確かめます。",
    "doctor --json": "一つのオブジェクトを標準出力に出します。",
    "drill --engine": "引き継ぐローカルエンジン。指定しなければ、fallback.chain のうち"
    "最初に見つかったもの。",
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
    "models test --engine": "試験に使うエンジン。指定しなければ、fallback.chain の先頭。",
    "models test --json": "一つのオブジェクトを標準出力に出します。",
}
