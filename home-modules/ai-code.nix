# programs.ai-code: the program, aider, Ollama as a user service that comes back, its models.
#
# Built on Home Manager's own services.ollama and programs.aider-chat: what they set stays theirs,
# what they lack is added with mkDefault, so that everything can be overruled.
{ packageOf }:
{
  config,
  lib,
  pkgs,
  osConfig ? null,
  ...
}:
let
  inherit (lib) mkDefault mkIf mkOption types;

  cfg = config.programs.ai-code;
  ollama = config.services.ollama;
  rules = import ./rules.nix { inherit lib; };
  makers = lib.importJSON ./makers.json;
  countries = lib.importJSON ./countries.json;
  policy = cfg.settings.models or { };
  yaml = pkgs.formats.yaml { };

  systemOllama = if osConfig == null then { } else osConfig.services.ollama or { };
  systemRuns = systemOllama.enable or false;

  # Where clients reach the server. A server that listens everywhere is reached on loopback.
  address =
    service:
    let
      host = service.host or "127.0.0.1";
      everywhere = builtins.elem host [
        "0.0.0.0"
        "::"
        "[::]"
      ];
      name =
        if everywhere then
          "127.0.0.1"
        else if lib.hasInfix ":" host && !lib.hasPrefix "[" host then
          "[${host}]"
        else
          host;
    in
    "http://${name}:${toString (service.port or 11434)}";

  environment = {
    OLLAMA_KEEP_ALIVE = cfg.ollama.keepAlive;
  }
  // lib.optionalAttrs (cfg.ollama.contextLength != null) {
    OLLAMA_CONTEXT_LENGTH = toString cfg.ollama.contextLength;
  };

  # Checked when it is built: a key that ai-code does not know fails the switch, not a run.
  configFile =
    pkgs.runCommand "ai-code-config.yaml"
      {
        source = yaml.generate "ai-code-settings.yaml" cfg.settings;
        nativeBuildInputs = [ cfg.package ];
      }
      ''
        export HOME="$TMPDIR/home" XDG_CONFIG_HOME="$TMPDIR/config"
        mkdir -p "$HOME" "$XDG_CONFIG_HOME/ai-code"
        cp "$source" "$XDG_CONFIG_HOME/ai-code/config.yaml"
        ai-code config check
        cp "$source" "$out"
      '';

  modelsScript = pkgs.writeShellScript "ai-code-models" ''
    exec ${lib.getExe cfg.package} models pull --missing --yes -- ${lib.escapeShellArgs cfg.ollama.models}
  '';
in
{
  options.programs.ai-code = {
    enable = lib.mkEnableOption "ai-code: Claude Code first, a local model at a limit";

    package = mkOption {
      type = types.package;
      default = packageOf pkgs;
      defaultText = lib.literalExpression "ai-code of this flake";
      description = "The package of ai-code.";
    };

    settings = mkOption {
      inherit (yaml) type;
      default = { };
      example = {
        model = "qwen2.5-coder:7b";
        patience = "30s";
        models.exclude-countries = [ "CN" ];
      };
      description = ''
        Settings of ai-code, written to {file}`~/.config/ai-code/config.yaml` and checked with
        {command}`ai-code config check` when they are built.
      '';
    };

    aider = {
      enable = mkOption {
        type = types.bool;
        default = true;
        description = "Whether to install aider, the engine that goes on at a limit.";
      };
      package = lib.mkPackageOption pkgs "aider-chat" { nullable = true; };
      settings = mkOption {
        inherit (yaml) type;
        default = { };
        example = {
          dark-mode = true;
        };
        description = "Settings of aider, passed to {option}`programs.aider-chat.settings`.";
      };
    };

    claude-code = {
      enable = mkOption {
        type = types.bool;
        default = false;
        description = ''
          Whether to install Claude Code. It is unfree: allow it in
          {option}`nixpkgs.config.allowUnfreePredicate`.
        '';
      };
      package = mkOption {
        type = types.nullOr types.package;
        default = null;
        defaultText = lib.literalExpression "pkgs.claude-code";
        description = "The package of Claude Code; null is that of nixpkgs.";
      };
    };

    engines = mkOption {
      type = types.listOf types.package;
      default = [ ];
      example = lib.literalExpression "[ pkgs.opencode ]";
      description = "Packages of further engines.";
    };

    ollama = {
      enable = mkOption {
        type = types.bool;
        default = !systemRuns;
        defaultText = lib.literalExpression "!(osConfig.services.ollama.enable or false)";
        description = ''
          Whether to run Ollama as a user service, through {option}`services.ollama`, where host,
          port, package and acceleration are set. Off where the system runs its own: both
          would want the same port.
        '';
      };
      keepAlive = mkOption {
        type = types.str;
        default = "5m";
        example = "1h30m";
        description = ''
          How long a model stays in memory after its last use: `5m`, `24h`, `0` (not at all), `-1`
          (for ever). Set in the unit, where Ollama reads it, and as a session variable for a
          server that is started by hand.
        '';
      };
      contextLength = mkOption {
        type = types.nullOr types.ints.positive;
        default = null;
        example = 16384;
        description = ''
          Tokens of context for clients that ask for none. aider asks for its own. null is
          Ollama's default, by the memory of the graphics card.
        '';
      };
      models = mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [ "qwen2.5-coder:7b" ];
        description = ''
          Models that are pulled in the background where they are missing
          ({command}`journalctl --user -u ai-code-models` shows how far it is).
        '';
      };
      restart = mkOption {
        type = types.enum [
          "no"
          "on-success"
          "on-failure"
          "on-abnormal"
          "on-abort"
          "always"
        ];
        default = "on-failure";
        description = "When systemd starts the server again: `Restart=` of the unit.";
      };
      hardening = mkOption {
        type = types.either types.bool (types.enum [ "strict" ]);
        default = true;
        description = ''
          Directives that lock the service in, as far as a user unit can. `"strict"` adds a filter
          of system calls.
        '';
      };
    };
  };

  config = mkIf cfg.enable (
    lib.mkMerge [
      {
        home.packages = [ cfg.package ] ++ cfg.engines;
        xdg.configFile."ai-code/config.yaml" = mkIf (cfg.settings != { }) { source = configFile; };
        assertions = map (
          name:
          let
            told = rules.refusal makers policy name;
          in
          {
            assertion = rules.isModelName name && told == null;
            message =
              if rules.isModelName name then
                "programs.ai-code.ollama.models: ${name} may not be used: ${toString told}."
              else
                "programs.ai-code.ollama.models: ${builtins.toJSON name} is not a model's name.";
          }
        ) cfg.ollama.models
        ++ map (code: {
          assertion = false;
          message = ''
            programs.ai-code.settings.models.exclude-countries: ${builtins.toJSON code} is no country
            code (two letters of ISO 3166, as in "CN").'';
        }) (rules.unknownCountries countries policy);
        warnings = map (
          name:
          "programs.ai-code.settings.models.exclude-makers: ai-code knows no maker "
          + "${builtins.toJSON name}: unless your models.yaml has it, this excludes nothing."
        ) (rules.unknownMakers makers policy);
      }

      # What launchd's agent, which services.ollama makes of the same options, does not have.
      (mkIf (cfg.ollama.enable && pkgs.stdenv.hostPlatform.isDarwin) {
        warnings =
          lib.optional (cfg.ollama.models != [ ]) ''
            programs.ai-code.ollama.models: on macOS nothing pulls them in the background. Once:
            ai-code models pull ${toString cfg.ollama.models}''
          ++ lib.optional (cfg.ollama.restart != "on-failure" || cfg.ollama.hardening == "strict") ''
            programs.ai-code.ollama.restart and .hardening are systemd's: launchd starts the server
            again after a crash, and locks nothing in.'';
      })

      (mkIf cfg.aider.enable {
        programs.aider-chat = {
          enable = mkDefault true;
          package = mkDefault cfg.aider.package;
          inherit (cfg.aider) settings;
        };
      })

      (mkIf cfg.claude-code.enable {
        home.packages = [
          (if cfg.claude-code.package == null then pkgs.claude-code else cfg.claude-code.package)
        ];
      })

      (mkIf (!cfg.ollama.enable && systemRuns) {
        programs.ai-code.settings.ollama.api = mkDefault (address systemOllama);
      })

      (mkIf cfg.ollama.enable {
        assertions = [
          {
            assertion = rules.isDuration cfg.ollama.keepAlive;
            message = ''
              programs.ai-code.ollama.keepAlive = ${builtins.toJSON cfg.ollama.keepAlive} is no time
              that Ollama takes: "5m", "1h30m", "24h", "0" (not at all), "-1" (for ever).'';
          }
        ]
        ++ lib.mapAttrsToList (name: value: {
          assertion = rules.isEnvironmentValue value;
          message = ''
            services.ollama.environmentVariables.${name} = ${builtins.toJSON value}: systemd would
            not pass this on as it is (a blank, a %, a quote or a backslash).'';
        }) ollama.environmentVariables;

        services.ollama = {
          enable = mkDefault true;
          environmentVariables = lib.mapAttrs (_: mkDefault) environment;
        };
        home.sessionVariables = lib.mapAttrs (_: mkDefault) environment;
        programs.ai-code.settings.ollama.api = mkDefault (address ollama);

        systemd.user.services = mkIf ollama.enable {
          ollama = {
            Unit = {
              StartLimitIntervalSec = mkDefault 300;
              StartLimitBurst = mkDefault 10;
            };
            Service = lib.mapAttrs (_: mkDefault) (
              rules.service {
                inherit (cfg.ollama) restart;
                level = cfg.ollama.hardening;
              }
            );
          };
          ai-code-models = mkIf (cfg.ollama.models != [ ]) {
            Unit = {
              Description = "Models of Ollama that ai-code wants";
              After = [ "ollama.service" ];
              BindsTo = [ "ollama.service" ];
              # Tried again while the server starts, or the network is away; not for ever.
              StartLimitIntervalSec = mkDefault 3600;
              StartLimitBurst = mkDefault 20;
            };
            Service = {
              Type = "oneshot";
              ExecStart = "${modelsScript}";
              Environment = [ "AI_CODE_OLLAMA_API=${address ollama}" ];
              Restart = mkDefault "on-failure";
              # Those of ai-code that a later try does not change; 75 says that it may.
              RestartPreventExitStatus = mkDefault "1 2 78 125 126 127";
              RestartSec = mkDefault 15;
              TimeoutStartSec = mkDefault "infinity";
              Nice = mkDefault 10;
            }
            // lib.mapAttrs (_: mkDefault) (rules.hardening cfg.ollama.hardening);
            Install.WantedBy = [ "ollama.service" ];
          };
        };
      })
    ]
  );
}
