# ai-code with its programs on a suffix of the PATH: what the person has installed wins.
# claude-code is unfree and never named here; ai-code finds it, or says that it is missing.
{
  lib,
  stdenv,
  python3Packages,
  makeWrapper,
  aider-chat,
  ollama,
  git,
  withAider ? true,
  withOllama ? true,
}:
let
  project = (lib.importTOML ../pyproject.toml).project;
in
python3Packages.buildPythonApplication {
  pname = project.name;
  inherit (project) version;
  pyproject = true;

  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../ai_code
      ../completions
      ../man
      ../tests/__init__.py
      ../tests/conftest.py
      ../tests/core
      ../tests/engines
      ../tests/recorded.py
      ../tests/recordings
      ../LICENSE
      ../README.md
      ../pyproject.toml
    ];
  };

  build-system = [ python3Packages.hatchling ];
  dependencies = [
    python3Packages.click
    python3Packages.nvidia-ml-py
    python3Packages.psutil
    python3Packages.pyyaml
    python3Packages.tzdata
  ];
  nativeBuildInputs = [ makeWrapper ];

  nativeCheckInputs = [
    git
    python3Packages.hypothesis
    python3Packages.pytest-timeout
    python3Packages.pytestCheckHook
  ];
  # The pure ones: no network, no other program but git.
  enabledTestPaths = [
    "tests/core"
    "tests/engines"
  ];
  pythonImportsCheck = [ "ai_code" ];

  # Completions and manual pages are data files of the wheel, below share/ already.
  makeWrapperArgs = [
    "--suffix PATH : ${
      lib.makeBinPath ([ git ] ++ lib.optional withAider aider-chat ++ lib.optional withOllama ollama)
    }"
    "--unset PYTHONPATH"
  ];

  meta = {
    inherit (project) description;
    license = lib.licenses.mit;
    mainProgram = "ai-code";
    platforms = lib.platforms.unix;
  };
}
