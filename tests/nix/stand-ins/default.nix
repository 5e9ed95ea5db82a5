# A package set as small as Home Manager lets it be: what it builds with stands here, on the
# machine's own programs, and what would be installed is a stand-in. `lib` is the real one.
#
# Evaluated with NIXPKGS_LIB naming a checkout of nixpkgs' lib, as test_home_manager.py does.
{
  system ? builtins.currentSystem,
  lib ? import (builtins.getEnv "NIXPKGS_LIB" + "/lib"),
  overlays ? [ ],
  config ? { },
  ...
}@arguments:
let
  isFree = package: lib.all (license: license.free or true) (lib.toList (package.meta.license or [ ]));
  mayUse =
    package:
    isFree package || config.allowUnfree or false || (config.allowUnfreePredicate or (_: false)) package;

  base = self: {
    inherit lib overlays system;
    config = {
      allowAliases = false;
      cudaSupport = false;
      rocmSupport = false;
    }
    // config;
    path = ./.;
    pkgs = self;
    buildPackages = self;
    callPackage = lib.callPackageWith (self // self.python3Packages);
    extend = overlay: import ./. (arguments // { overlays = overlays ++ [ overlay ]; });
    stdenv = rec {
      hostPlatform = lib.systems.elaborate system;
      buildPlatform = hostPlatform;
      inherit (hostPlatform) isDarwin isLinux;
      shell = "/bin/bash";
    };
    stdenvNoCC = self.stdenv;

    # What everything else is made of: a script that fills $out.
    made =
      name: attributes: script:
      let
        passed = removeAttrs attributes [
          "meta"
          "passthru"
          "version"
        ];
        built = derivation (
          {
            inherit name script system;
            builder = "/bin/bash";
            args = [ ./build.sh ];
            passAsFile = [ "script" ] ++ attributes.passAsFile or [ ];
          }
          // removeAttrs passed [ "passAsFile" ]
        );
        package =
          built
          // {
            meta = attributes.meta or { };
            version = attributes.version or "1";
            pname = name;
            override = _: package;
            outputs = [ "out" ];
            passthru = { };
          }
          // attributes.passthru or { };
      in
      if mayUse package then package else throw "${name} has an unfree license, refusing to evaluate";

    runCommand = self.made;
    runCommandLocal = self.made;
    runCommandWith = { name, derivationArgs ? { }, ... }: self.made name derivationArgs;
    writeTextFile =
      {
        name,
        text,
        executable ? false,
        destination ? "",
        meta ? { },
        ...
      }:
      self.made name {
        inherit text destination meta;
        executable = lib.optionalString executable "yes";
        passAsFile = [ "text" ];
      } "";
    writeText = name: text: self.writeTextFile { inherit name text; };
    writeScript = name: text: self.writeTextFile { inherit name text; executable = true; };
    writeShellScript = name: text: self.writeScript name "#!/bin/bash\n${text}";
    writeShellScriptBin =
      name: text:
      self.writeTextFile {
        inherit name;
        text = "#!/bin/bash\n${text}";
        executable = true;
        destination = "/bin/${name}";
        meta.mainProgram = name;
      };
    symlinkJoin =
      {
        name,
        paths,
        postBuild ? "",
        ...
      }:
      self.made name { } ''
        mkdir -p "$out"
        for path in ${toString paths}; do
          # Not all programs of the machine, once for each of its packages.
          [ -L "$path/bin" ] || cp -rsf --no-preserve=mode "$path"/. "$out"/
        done
        ${postBuild}
      '';
    buildEnv = self.symlinkJoin;
    emptyDirectory = self.made "empty" { } ''mkdir "$out"'';
    replaceVars =
      file: values:
      self.writeScript (baseNameOf file) (
        lib.replaceStrings (map (name: "@${name}@") (lib.attrNames values)) (map toString (
          lib.attrValues values
        )) (builtins.readFile file)
      );

    formats =
      let
        anything = lib.types.attrsOf lib.types.anything;
        as =
          write: _:
          {
            type = anything;
            lib.types.atom = lib.types.anything;
            generate =
              name: value:
              self.made name {
                value = builtins.toJSON value;
                passAsFile = [ "value" ];
              } write;
          };
        yaml = ''
          python3 -c 'import json, sys, yaml
          yaml.safe_dump(json.load(open(sys.argv[1])), sys.stdout)' "$valuePath" >"$out"
        '';
        copy = ''cp "$valuePath" "$out"'';
      in
      lib.genAttrs
        [ "ini" "gitIni" "iniWithGlobalSection" "toml" "xml" "json" "keyValue" "lua" "systemd" "libconfig" "hocon"
          "javaProperties" "elixirConf" "pythonVars" "plist" ]
        (_: as copy)
      // {
        yaml = as yaml;
        yaml_1_2 = as yaml;
      };

    python3Packages = lib.genAttrs [
      "click" "hatchling" "hypothesis" "nvidia-ml-py" "psutil" "pytest-timeout" "pytestCheckHook"
      "pyyaml" "tzdata"
    ] self.ofTheMachine // {
      # The wheel as the machine's pip makes it, into a prefix; its tests are run elsewhere.
      buildPythonApplication =
        attributes:
        self.made attributes.pname { inherit (attributes) src meta version; } ''
          cp -r --no-preserve=mode "$src" source
          cd source
          python3 -m pip install --quiet --no-index --no-build-isolation --no-deps --no-compile \
            --disable-pip-version-check --root-user-action=ignore --break-system-packages \
            --ignore-installed --prefix="$out" .
          if [ -d "$out/local" ]; then cp -r "$out/local/." "$out" && rm -r "$out/local"; fi
          packages=$(echo "$out"/lib/python3*/*-packages)
          for program in "$out"/bin/*; do
            # Not --unset: a prefix of ours is what stands for a real Python's environment here.
            wrapProgram "$program" ${
              lib.concatStringsSep " " (
                lib.filter (words: !lib.hasPrefix "--unset" words) attributes.makeWrapperArgs
              )
            } --prefix PYTHONPATH : "$packages"
          done
        '';
    };

    # A package whose programs are those of the machine.
    ofTheMachine =
      name:
      self.made name
        {
          meta.mainProgram =
            {
              desktop-file-utils = "update-desktop-database";
              shared-mime-info = "update-mime-database";
            }
            .${name} or name;
        } ''
        mkdir -p "$out"
        ln -s /usr/bin "$out/bin"
      '';

    lndir = self.writeShellScriptBin "lndir" ''
      [ "$1" != -silent ] || shift
      cp -rsf --no-preserve=mode "$1"/. "''${2:-.}"/
    '';
    sd-switch = self.writeShellScriptBin "sd-switch" "true";

    ollama = self.writeShellScriptBin "ollama" ''echo "ollama of the package set: $*"'';
    aider-chat = self.writeShellScriptBin "aider" ''echo "aider of the package set: $*"'';
    claude-code = self.made "claude-code" {
      meta = {
        mainProgram = "claude";
        license = lib.licenses.unfree;
      };
    } ''mkdir -p "$out/bin"; echo "#!/bin/sh" >"$out/bin/claude"; chmod +x "$out/bin/claude"'';
  }
  // lib.genAttrs [
    "bash" "bashInteractive" "coreutils" "dbus" "desktop-file-utils" "diffutils" "findutils" "gettext"
    "git" "glibcLocales" "gnugrep" "gnused" "home-manager" "inetutils" "jq" "less" "makeWrapper" "man" "man-db" "ncurses" "nix"
    "nixfmt" "shared-mime-info" "systemd" "tzdata" "util-linux"
  ] self.ofTheMachine;
in
lib.fix (lib.foldl' (lib.flip lib.extends) base overlays)
