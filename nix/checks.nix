# What `nix flake check` builds: the package with its pure tests, the module in a generation of
# Home Manager, the unit as systemd reads it, the formatting. Ollama and aider are stand-ins here:
# neither needs to be built to check what is ours.
{
  pkgs,
  packageOf,
  home-manager,
  module,
}:
let
  inherit (pkgs) lib;
  stub =
    name: program:
    pkgs.writeShellScriptBin program "echo ${name} is a stand-in here"
    // {
      override = _: stub name program;
    };
  stubbed = pkgs.extend (
    _: _: {
      ollama = stub "ollama" "ollama";
      aider-chat = stub "aider" "aider";
    }
  );
  package = packageOf stubbed;
  home =
    extra:
    home-manager {
      pkgs = stubbed;
      modules = [
        module
        {
          home = {
            username = "someone";
            homeDirectory = if pkgs.stdenv.hostPlatform.isDarwin then "/Users/someone" else "/home/someone";
            stateVersion = "26.05";
          };
          manual.manpages.enable = false;
          programs.ai-code.enable = true;
        }
        extra
      ];
    };
  full = home {
    programs.ai-code = {
      settings.patience = "30s";
      ollama = {
        keepAlive = "1h30m";
        contextLength = 16384;
        models = [ "mistral:7b" ];
        hardening = "strict";
      };
    };
  };
  generation = full.activationPackage;
in
{
  inherit package;

  module =
    pkgs.runCommand "ai-code-module"
      {
        inherit generation;
        nativeBuildInputs = [ pkgs.gnugrep ];
      }
      ''
        grep -F "patience: 30s" "$generation/home-files/.config/ai-code/config.yaml"
        ${lib.optionalString pkgs.stdenv.hostPlatform.isLinux ''
          unit="$generation/home-files/.config/systemd/user/ollama.service"
          grep -Fx "Environment=OLLAMA_KEEP_ALIVE=1h30m" "$unit"
          grep -Fx "Restart=on-failure" "$unit"
          test -e "$generation/home-files/.config/systemd/user/ollama.service.wants/ai-code-models.service"
        ''}
        touch "$out"
      '';

  formatting = pkgs.runCommand "ai-code-formatting" { nativeBuildInputs = [ pkgs.nixfmt ]; } ''
    nixfmt --check ${../flake.nix} ${../nix} ${../home-modules}
    touch "$out"
  '';
}
// lib.optionalAttrs pkgs.stdenv.hostPlatform.isLinux {
  unit = pkgs.runCommand "ai-code-unit" { nativeBuildInputs = [ pkgs.systemd ]; } ''
    export XDG_RUNTIME_DIR="$TMPDIR" HOME="$TMPDIR"
    cp -rL ${generation}/home-files/.config/systemd/user units
    systemd-analyze verify --user --man=no units/ollama.service
    touch "$out"
  '';
}
