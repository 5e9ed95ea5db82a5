# The few functions of nixpkgs.lib that home-modules/rules.nix uses, for a machine without nixpkgs.
rec {
  optionalAttrs = condition: set: if condition then set else { };
  any = builtins.any;
  head = builtins.head;
  last = list: builtins.elemAt list (builtins.length list - 1);
  findFirst =
    predicate: default: list:
    let
      found = builtins.filter predicate list;
    in
    if found == [ ] then default else head found;
  unique = builtins.foldl' (kept: each: if builtins.elem each kept then kept else kept ++ [ each ]) [ ];
  upper = [ "A" "B" "C" "D" "E" "F" "G" "H" "I" "J" "K" "L" "M" "N" "O" "P" "Q" "R" "S" "T" "U" "V" "W" "X" "Y" "Z" ];
  lower = [ "a" "b" "c" "d" "e" "f" "g" "h" "i" "j" "k" "l" "m" "n" "o" "p" "q" "r" "s" "t" "u" "v" "w" "x" "y" "z" ];
  toLower = builtins.replaceStrings upper lower;
  toUpper = builtins.replaceStrings lower upper;
  splitString =
    separator: text:
    builtins.filter builtins.isString (builtins.split (escapeRegex separator) text);
  escapeRegex =
    let
      special = [ "\\" "[" "{" "(" ")" "^" "$" "?" "*" "+" "|" "." "}" "]" ];
    in
    builtins.replaceStrings special (map (each: "\\" + each) special);
}
