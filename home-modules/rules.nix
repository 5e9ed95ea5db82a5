# The module's own logic, in plain functions of lib: what a value must look like, what the unit
# says. Evaluated in the tests with no more than lib.
{ lib }:
rec {
  # What Ollama takes for a time: Go's durations, seconds, -1 (for ever), 0 (at once).
  isDuration =
    text: builtins.match "-1|0|[0-9]+|([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h))+" text != null;

  # systemd splits Environment= at blanks and reads % as a specifier; entries are not quoted.
  isEnvironmentValue = text: builtins.match "[^[:space:]%\"'\\\\]*" text != null;

  # A model's name as Ollama's commands take it (ai_code/core/models.py): it becomes a word of a
  # command line.
  isModelName = text: builtins.match "[A-Za-z0-9_][A-Za-z0-9._/:-]*" text != null;

  # Patterns as ai-code has them: * stands for anything, ? for one character.
  matches =
    pattern: name:
    let
      escaped = lib.escapeRegex pattern;
      regex = builtins.replaceStrings [ "\\*" "\\?" ] [ ".*" "." ] escaped;
    in
    builtins.match regex name != null;

  # The forms of a name that a pattern may mean, as ai_code/core/policy.py has them.
  formsOf =
    name:
    let
      lower = lib.toLower name;
      last = lib.last (lib.splitString "/" lower);
      bare = text: lib.head (lib.splitString ":" text);
    in
    lib.unique [
      lower
      (bare lower)
      last
      (bare last)
    ];

  matchesAny =
    patterns: name:
    lib.any (pattern: lib.any (matches (lib.toLower pattern)) (formsOf name)) patterns;

  # The maker of a model by its name: { name; country; } or null. ``makers`` is makers.json.
  makerOf =
    makers: name: lib.findFirst (maker: matchesAny maker.names name) null makers;

  # Codes in settings.models that no country has: the rule would exclude nothing, and nobody would
  # notice. ``countries`` is countries.json.
  unknownCountries =
    countries: rules:
    builtins.filter (code: !builtins.elem (lib.toUpper code) countries) (rules.exclude-countries or [ ]);

  # Makers in settings.models that makers.json does not know.
  unknownMakers =
    makers: rules:
    let
      known = map (maker: lib.toLower maker.name) makers;
    in
    builtins.filter (name: !builtins.elem (lib.toLower name) known) (rules.exclude-makers or [ ]);

  # Why a model may not be used: a text that names the rule, or null. ``rules`` is
  # settings.models; the rules are those of ai_code/core/policy.py.
  refusal =
    makers: rules: name:
    let
      deny = rules.deny or [ ];
      allow = rules.allow or [ ];
      countries = map lib.toUpper (rules.exclude-countries or [ ]);
      excluded = map lib.toLower (rules.exclude-makers or [ ]);
      maker = makerOf makers name;
      allowed = matchesAny allow name;
    in
    if matchesAny deny name then
      "models.deny names it"
    else if allow != [ ] && !allowed then
      "models.allow does not name it"
    else if maker == null then
      if !allowed && (countries != [ ] || excluded != [ ]) then
        "its maker is not known, and makers or countries are excluded"
      else
        null
    else if builtins.elem (lib.toLower maker.name) excluded then
      "models.exclude-makers has ${maker.name}"
    else if builtins.elem maker.country countries then
      "models.exclude-countries has ${maker.country} (${maker.name})"
    else
      null;

  # What Home Manager's unit of Ollama lacks. Only directives that have an effect in a user unit
  # without privileges, with systemd 252 and later.
  hardening =
    level:
    lib.optionalAttrs (level != false) {
      NoNewPrivileges = true;
      LockPersonality = true;
      RestrictRealtime = true;
      RestrictSUIDSGID = true;
      RestrictNamespaces = true;
      RestrictAddressFamilies = "AF_UNIX AF_INET AF_INET6 AF_NETLINK";
      SystemCallArchitectures = "native";
      UMask = "0077";
    }
    // lib.optionalAttrs (level == "strict") {
      # What Ollama and its runners call; a refused call fails, it kills nobody.
      SystemCallFilter = [
        "@system-service"
        "~@privileged @resources"
        "sched_setaffinity"
        "sched_setscheduler"
        "setpriority"
        "mbind"
        "set_mempolicy"
      ];
      SystemCallErrorNumber = "EPERM";
    };

  service =
    { restart, level }:
    {
      Type = "exec";
      Restart = restart;
      RestartSec = 3;
      TimeoutStopSec = 30;
      OOMPolicy = "continue";
      EnvironmentFile = "-%E/ai-code/ollama.env";
    }
    // hardening level;
}
