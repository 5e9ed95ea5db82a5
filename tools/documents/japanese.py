"""Japanese for the generated tables. A key, type or code that is missing here fails the tests."""

from __future__ import annotations

from ai_code.core.exits import ExitCode

HELP: dict[str, str] = {
    "engine": "どのエンジンで作業するかを選びます。auto なら Claude Code から始め、"
    "上限に達すると引き継ぎます。名前を書くと、そのエンジンだけを使います。",
    "model": "ローカルモデルです。auto なら、インストール済みで許可されており、エンジンの条件を"
    "満たし、メモリに収まるもののうち最良のものを使います。",
    "quiet": "エラー、引き継ぎを知らせる行、反映されなかったもののほかは何も表示しません。",
    "verbose": "何をなぜしているかを詳しく表示します。",
    "patience": "Claude の一時的な 429 や 529 を、引き継ぐ前に待つ時間です。"
    "fallback.on に network があれば、接続できないときも待ちます。",
    "preload": "Claude が再試行している間や上限が近いときに、ローカルモデルを読み込むかを選びます。"
    "auto は読み込み済みのものと並べて収まるときだけ、always は必ず(ほかのモデルを追い出すことも"
    "あります)、never は読み込みません。",
    "stall-timeout": "この時間、何も出力しないエンジンを終了させます。0 なら終了させません。"
    "ツールに時間のかかる Claude では、設定しなければ 30 分です。",
    "timeout": "エンジン一つあたりの制限時間です。0 なら無制限です。",
    "claude.model": "Claude のモデルです。なしなら Claude 自身の設定に従います。",
    "claude.command": "Claude Code の起動方法です。",
    "claude.args": "Claude Code に渡す追加の引数です。",
    "claude.when-limited": "リセット前でも Claude を試すか(try)、飛ばすか(skip)を選びます。",
    "claude.extra-usage": "有料の追加使用が始まったとき、知らせるだけか(tell)、"
    "上限とみなすか(limit)を選びます。",
    "fallback.enabled": "上限に達したとき、別のエンジンに引き継ぐかどうかを選びます。",
    "fallback.chain": "上限に達したときに引き継ぐエンジンを、試す順に並べます。インストールされて"
    "いない、使えるモデルがない、何も変更しないうちに失敗した、のいずれかなら次のものを試します。",
    "fallback.commands": "ローカルエンジンが専用の worktree の中でコマンド(テストやビルド)を"
    "実行してよいかを選びます。拒む(deny)か、許す(allow)です。許した場合の歯止めは"
    "フェンスだけです。",
    "fallback.fence": "ローカルエンジンをカーネルが制限するフェンスです。使えるときに使う(auto)、"
    "必須にする(require。なければ起動しません)、使わない(off)から選びます。",
    "fallback.on": "どのような場合に引き継ぐかを選びます。"
    "plan は session、weekly、model、usage をまとめたものです。",
    "fallback.on-limit": "上限に達したときの動作です。ローカルで続ける(local)、"
    "リセットを待つ(wait)、尋ねる(ask)、止まる(stop)から選びます。--wait は wait と同じです。",
    "fallback.where": "ローカルエンジンが作業する場所です。専用の worktree か、"
    "作業ツリーそのものを選びます。",
    "fallback.on-suspect": "疑わしい編集(途中で切れたファイル、競合の印など)の扱いです。"
    "尋ねる(ask)、反映する(keep)、反映しない(drop)から選びます。",
    "fallback.verify": "ローカルエンジンが作ったものを、反映する前に検査するコマンドです。"
    "新しいコードが利用者の権限で動きます。",
    "fallback.verify-timeout": "検査がこれより長くかかると、失敗とみなします。0 なら制限しません。",
    "fallback.auto-commit": "ローカルエンジンの変更をコミットします。",
    "brief.steps": "Claude が終えていない手順を、まとめて渡すか一つずつ渡すかを選びます"
    "(auto では 10B 未満のモデルに一つずつ渡します)。",
    "handover.resume": "対応するエンジン(claude-local)は、上限に達した Claude のセッションを"
    "写しで続けます。履歴がモデルのコンテキストに収まるときに限ります。",
    "handover.to-claude": "ローカルエンジンがその間に行ったことを、"
    "次の実行で Claude に一度だけ知らせます。",
    "context.files": "ローカルエンジンが最初に読むファイルです。なしならプロジェクトの記憶"
    "(CLAUDE.md、AGENTS.md、ルール、自分のもの、README.md)です。"
    "プロジェクトの外のファイルには信頼が必要です。",
    "context.budget": "プロジェクトの記憶とこれらのファイルに使うトークン数です。"
    "0 ならモデルのコンテキスト長に合わせます。",
    "memory.to-claude": "ai-code remember のメモを Claude にも渡すかどうかを選びます。",
    "memory.import-from": "CLAUDE.md の @ による取り込みを許す、プロジェクトの外のフォルダーです"
    "(絶対パスか ~/ で始まるパス)。",
    "aider.command": "aider の起動方法です。",
    "aider.args": "aider に渡す追加の引数です。",
    "aider.edit-format": "aider のためにモデルが編集を書く形式です。auto では試験の結果、"
    "なければカタログに従います。",
    "engines.command": "ほかのエンジンの起動方法です。名前ごとに引数のリストを書きます。",
    "engines.args": "ほかのエンジンに渡す追加の引数です。名前ごとにリストを書きます。",
    "engines.for.edit": "通常の実行に使うエンジンです。なしなら engine に従います。"
    "よりコマンドラインに"
    "近い指定(--engine、AI_CODE_ENGINE)があれば、そちらが優先されます。ほかの種類でも同じです。",
    "engines.for.ask": "ai-code ask に使うエンジンです。なしなら engine に従います。",
    "engines.for.plan": "ai-code plan に使うエンジンです。なしなら engine に従います。",
    "custom.command": "custom エンジンのコマンドと引数です。{prompt_file}、{model}、{ollama_url}、"
    "{context} が置き換えられ、{files} はファイルごとに一つの引数になります。",
    "ollama.api": "Ollama のアドレスです。OLLAMA_HOST と同じ書き方ができ、"
    "OLLAMA_HOST 自体も有効です。",
    "ollama.hosts": "ollama.api が応答しないか、使えるモデルがないときに、この順に試す"
    "アドレスです。",
    "ollama.headers": "リバースプロキシの内側にある Ollama のための HTTP ヘッダーです。"
    "表示されることはありません。ollama.hosts のうちこれを受け取るのは、"
    "ollama.api とスキーム・ホスト・ポートが同じものだけです。",
    "ollama.ca-file": "https のアドレスを検証する証明書(PEM)です。"
    "なしならシステムのものを使います。",
    "ollama.num-ctx": "コンテキスト長(トークン)です。0 ならメモリに収まる長さにします。",
    "ollama.kv-cache-type": "サーバーの OLLAMA_KV_CACHE_TYPE の値です。"
    "コンテキストが使うメモリの量を左右します。",
    "ollama.num-parallel": "サーバーの OLLAMA_NUM_PARALLEL の値です。"
    "この数だけコンテキストが同時に保持されます。",
    "models.variants": "コンテキスト長を Ollama に伝えられないエンジンのために、"
    "その長さを持つモデルの"
    "別名(ai-code/名前、重みは共有)を作る(auto)か、サーバーに任せる(never)かを選びます。",
    "models.exclude-countries": "これらの国(CN、US など)の作り手によるモデルは、"
    "選択・取得・実行しません。",
    "models.exclude-makers": "これらの作り手のモデルは使いません。",
    "models.allow": "指定すると、名前がこのパターンに合うモデルだけを使います。",
    "models.deny": "名前がこれらのパターンに合うモデルは使いません。",
    "models.chain": "モデルがメモリに収まらないとき、この順に試すモデルです。"
    "空なら、インストール済みで許可されている、次に軽いものを試します。",
    "models.allow-cpu-offload": "GPU があるとき、モデルの一部を CPU に置いてよいかどうかです。"
    "false なら、より短いコンテキスト、次により軽いモデルを試します。",
    "models.roles.edit": "実行に使うモデルです。なしなら model を使います。"
    "より優先される場所で指定された model(--model、AI_CODE_MODEL)があれば、"
    "そちらが優先されます。ほかの役割でも同じです。",
    "models.roles.ask": "質問に使うモデルです。なしなら model を使います。",
    "models.roles.draft": "下書きに使うモデルです。なしなら model を使います。",
    "models.roles.review": "レビューに使うモデルです。なしなら model を使います。",
    "ollama.keep-alive": "Ollama がモデルをメモリに置いておく時間です(5m、-1 で無期限)。"
    "なしなら Ollama の設定に従います。",
    "notify": "ローカルモデルへの引き継ぎと、上限のリセットを知らせます。off(知らせない)、desktop"
    "(デスクトップ通知)、またはコマンド(引数のリスト)です。コマンドには最後の二つの引数として題名と"
    "本文を渡します。",
    "journal.keep-answers": "回答の本文を記録に残します。",
    "journal.keep-days": "記録を残す日数です。0 なら無期限です。",
    "journal.keep-runs": "記録を残す実行の数で、新しいものから数えます。確認は一日に一度です。"
    "0 なら、その日数の間はすべて残します。",
}

TYPES: dict[str, str] = {
    "name": "空白を含まない名前",
    "text": "`5m` のような時間、または秒数",
    "bool": "`true`、`false`",
    "int": "0 以上の整数",
    "duration": "秒数、または `90s`、`5m`、`1h30m` のような時間",
    "list": "文字列のリスト",
    "command": "プログラムのパス、または引数のリスト",
    "commands": "エンジン名と引数のリストの組",
    "mapping": "ヘッダー名と値の組",
    "notify": "`off`、`desktop`、または引数のリスト",
    "url": "ホスト、ホスト:ポート、または http(s) のアドレス",
    "countries": "国コードのリスト（`CN`、`US` など）",
    "urls": "ホスト、ホスト:ポート、http(s) のアドレスのリスト",
    "path": "絶対パス、または `~/` で始まるパス",
}

SCENARIOS: dict[str, str] = {
    "mid-task": "作業の途中で 5 時間の上限に達します",
    "normal-day": "上限に達しません。Claude だけで終わり、引き継ぎません",
    "session": "最初から 5 時間の上限に達しています",
    "weekly": "週ごとの上限に達しています",
    "model": "モデルごとの上限に達しています",
    "credit": "クレジットが切れています",
    "passing-429": "429 が二度返りますが、すぐに収まります。Claude を待ちます",
    "overloaded": "529 が収まりません",
    "server-down": "上限に達し、Ollama も動いていません",
    "model-missing": "上限に達し、Ollama にモデルがありません",
    "out-of-memory": "上限に達し、モデルがメモリに収まりません",
    "cut-stream": "上限に達し、ローカルモデルの回答が途中で切れます",
    "network-down": "Claude に接続できません。上限ではないので引き継ぎません",
    "hostile-repository": "罠だらけのリポジトリで上限に達します",
}

EXITS: dict[ExitCode, str] = {
    ExitCode.OK: "完了しました(どのエンジンでも)。",
    ExitCode.FAILED: "エンジンが失敗しました。`--expect-changes` で何も変わらなかった場合、"
    "ローカルモデルの変更が一つも反映されなかった場合、`fallback.verify` が失敗した場合、"
    "取り消し、信頼、フック、メモの確認で断った場合、"
    "取り消しで元に戻せないファイルがあった場合も含みます。",
    ExitCode.USAGE: "使い方の誤りです。",
    ExitCode.TRY_LATER: "使用上限に達し、ほかに使えるエンジンがありません。または別の実行が"
    "同じツリーを使っているか、モデルを今は取得できません。後でもう一度試してください。",
    ExitCode.CONFIG: "設定ファイル、環境変数などの値に誤りがあります。",
    ExitCode.DEADLINE: "`--timeout` の時間を過ぎました。",
    ExitCode.BUG: "ai-code の不具合です。報告用のファイルの場所が表示されます。",
    ExitCode.CANNOT_START: "プログラムはありますが、起動できません。",
    ExitCode.NOT_INSTALLED: "プログラムがインストールされていません。",
}
SIGNAL = "シグナル *n* で止まりました。130 は Ctrl-C、143 は TERM です。"

COUNTRIES: dict[str, str] = {
    "CN": "中国",
    "FR": "フランス",
    "JP": "日本",
    "US": "米国",
}
"""Of makers in the table of models."""

LANGUAGES: dict[str, str] = {
    "de": "ドイツ語",
    "en": "英語",
    "es": "スペイン語",
    "fr": "フランス語",
    "hi": "ヒンディー語",
    "it": "イタリア語",
    "ja": "日本語",
    "pt": "ポルトガル語",
    "th": "タイ語",
    "zh": "中国語",
}
"""That models know, by their codes."""
