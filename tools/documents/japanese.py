"""Japanese for the generated tables. A key, type or code that is missing here fails the tests."""

from __future__ import annotations

from ai_code.core.exits import ExitCode

HELP: dict[str, str] = {
    "engine": "どのエンジンで作業するか。auto なら Claude Code から始め、上限に達すると引き継ぐ。"
    "名前を書くと、そのエンジンだけを使う。",
    "model": "ローカルモデル。auto なら、インストール済みで許可されており、"
    "メモリに収まるもののうち最良のもの。",
    "quiet": "エラーと、引き継ぎを知らせる行のほかは何も表示しない。",
    "verbose": "何をなぜしているかを詳しく表示する。",
    "patience": "Claude の一時的な 429 や 529 を、引き継ぐ前に待つ時間。"
    "fallback.on に network があれば、接続できないときも待つ。",
    "stall-timeout": "これだけの間、何も出力しないエンジンを終わらせる。0 なら終わらせない。"
    "ツールに時間のかかる Claude は、設定しなければ 30 分。",
    "timeout": "エンジン一つあたりの制限時間。0 なら無制限。",
    "claude.model": "Claude のモデル。なしなら Claude 自身の設定に従う。",
    "claude.command": "Claude Code の起動方法。",
    "claude.args": "Claude Code に渡す追加の引数。",
    "claude.when-limited": "リセット前でも Claude を試すか(try)、飛ばすか(skip)。",
    "claude.extra-usage": "有料の追加使用が始まったとき、知らせるだけか(tell)、"
    "上限とみなすか(limit)。",
    "fallback.enabled": "上限に達したとき、別のエンジンに引き継ぐか。",
    "fallback.engines": "上限に達したとき引き継ぐエンジン。先頭のものを使う。",
    "fallback.on": "何に対して引き継ぐか。plan は session、weekly、model、usage をまとめたもの。",
    "fallback.on-limit": "上限に達したとき、ローカルで続ける・リセットを待つ・尋ねる・止まる。"
    "--wait は wait と同じ。",
    "fallback.where": "ローカルのエンジンが作業する場所。専用の worktree か、作業ツリーそのもの。",
    "fallback.on-suspect": "疑わしい編集(切れたファイル、競合の印など)を、"
    "尋ねる・反映する・反映しない。",
    "fallback.auto-commit": "ローカルのエンジンの変更をコミットする。",
    "context.files": "ローカルのエンジンが最初に読むファイル。"
    "プロジェクトの外のファイルには信頼が必要。",
    "context.budget": "これらのファイルに使うトークン数。0 ならモデルのコンテキスト長に合わせる。",
    "aider.command": "aider の起動方法。",
    "aider.args": "aider に渡す追加の引数。",
    "aider.edit-format": "モデルが編集を書く形式。",
    "ollama.api": "Ollama のアドレス。OLLAMA_HOST と同じ書き方ができ、OLLAMA_HOST 自体も有効。",
    "ollama.hosts": "ollama.api が応答しないか、使えるモデルがないときに、この順に試すアドレス。",
    "ollama.headers": "リバースプロキシの内側にある Ollama のための HTTP ヘッダー。"
    "表示されることはない。ollama.hosts のうちこれを受け取るのは、"
    "ollama.api とスキーム・ホスト・ポートが同じものだけ。",
    "ollama.ca-file": "https のアドレスを検証する証明書(PEM)。なしならシステムのもの。",
    "ollama.num-ctx": "コンテキスト長(トークン)。0 ならメモリに収まる長さ。",
    "ollama.kv-cache-type": "サーバーの OLLAMA_KV_CACHE_TYPE の値。"
    "コンテキストが使うメモリの量を左右します。",
    "ollama.num-parallel": "サーバーの OLLAMA_NUM_PARALLEL の値。"
    "この数だけコンテキストが同時に保持されます。",
    "models.exclude-countries": "これらの国(CN、US など)の作り手によるモデルは、"
    "選択・取得・実行しません。",
    "models.exclude-makers": "これらの作り手のモデルは使いません。",
    "models.allow": "指定すると、名前がこのパターンに合うモデルだけを使います。",
    "models.deny": "名前がこれらのパターンに合うモデルは使いません。",
    "models.chain": "モデルがメモリに収まらないとき、この順に試すモデル。"
    "空なら、インストール済みで許可されている、次に軽いもの。",
    "models.allow-cpu-offload": "GPU があるとき、モデルの一部を CPU に置いてよいか。"
    "false なら、より短いコンテキスト、次により軽いモデルを試す。",
    "models.roles.edit": "実行に使うモデル。なしなら model。"
    "より優先される場所で指定された model(--model、AI_CODE_MODEL)があれば、"
    "そちらが優先される。ほかの役割でも同じ。",
    "models.roles.ask": "質問に使うモデル。なしなら model。",
    "models.roles.draft": "下書きに使うモデル。なしなら model。",
    "models.roles.review": "レビューに使うモデル。なしなら model。",
    "ollama.keep-alive": "Ollama がモデルをメモリに置いておく時間(5m、-1 で無期限)。"
    "なしなら Ollama の設定に従う。",
    "journal.keep-answers": "回答の本文を記録に残す。",
    "journal.keep-days": "記録を残す日数。0 なら無期限。",
}

TYPES: dict[str, str] = {
    "name": "空白を含まない名前",
    "text": "`5m` のような時間、または秒数",
    "bool": "`true`、`false`",
    "int": "0 以上の整数",
    "duration": "秒数、または `90s`、`5m`、`1h30m` のような時間",
    "list": "文字列の一覧",
    "command": "プログラムのパス、または引数の一覧",
    "mapping": "ヘッダー名と値の組",
    "url": "ホスト、ホスト:ポート、または http(s) のアドレス",
    "urls": "ホスト、ホスト:ポート、http(s) のアドレスの一覧",
    "path": "絶対パス、または `~/` で始まるパス",
}

SCENARIOS: dict[str, str] = {
    "mid-task": "作業の途中で 5 時間の上限に達する(既定)",
    "normal-day": "上限に達しない。Claude だけで終わり、引き継がない",
    "session": "最初から 5 時間の上限に達している",
    "weekly": "週の上限に達している",
    "model": "モデルごとの上限に達している",
    "credit": "クレジットが切れている",
    "passing-429": "429 が二度返るが、すぐに収まる。Claude を待つ",
    "overloaded": "収まらない 529",
    "server-down": "上限に達し、Ollama も動いていない",
    "model-missing": "上限に達し、Ollama にモデルがない",
    "out-of-memory": "上限に達し、モデルがメモリに収まらない",
    "cut-stream": "上限に達し、ローカルモデルの回答が途中で切れる",
    "network-down": "Claude に接続できない。上限ではないので引き継がない",
    "hostile-repository": "上限に達し、リポジトリは罠だらけ",
}

EXITS: dict[ExitCode, str] = {
    ExitCode.OK: "完了しました(どのエンジンでも)。",
    ExitCode.FAILED: "エンジンが失敗しました。`--expect-changes` で何も変わらなかった場合、"
    "ローカルモデルの変更が一つも反映されなかった場合、取り消しや信頼の確認で断った場合、"
    "取り消しで元に戻せないファイルがあった場合も含みます。",
    ExitCode.USAGE: "使い方の誤りです。",
    ExitCode.TRY_LATER: "使用上限に達し、ほかに使えるエンジンがありません。または別の実行が"
    "同じツリーを使っています。後でもう一度試してください。",
    ExitCode.CONFIG: "設定ファイル、環境変数などの値に誤りがあります。",
    ExitCode.DEADLINE: "`--timeout` の時間を過ぎました。",
    ExitCode.BUG: "ai-code の不具合です。報告用のファイルの場所が表示されます。",
    ExitCode.CANNOT_START: "プログラムはありますが、起動できません。",
    ExitCode.NOT_INSTALLED: "プログラムがインストールされていません。",
}
SIGNAL = "シグナル *n* で止まりました。130 は Ctrl-C、143 は TERM です。"
