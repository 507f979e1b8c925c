// Completion scripts, made from the tree of commands itself.
import type { Command } from "commander";

export const SHELLS = ["bash", "zsh", "fish"] as const;

interface Place {
  /** `chain-spec build`. */
  readonly path: string;
  readonly words: readonly string[];
  readonly flags: readonly string[];
}

function placesOf(command: Command, path: readonly string[] = [], globals: readonly string[] = []): Place[] {
  const own = command.options.filter((option) => !option.hidden && option.long).map((option) => option.long!);
  const flags = [...own, ...globals];
  const children = command.commands.filter((child) => !(child as { _hidden?: boolean })._hidden);
  const names = (child: Command): string[] => [child.name(), ...child.aliases()];
  const here = { path: path.join(" "), words: children.flatMap(names), flags };
  const inherited = path.length === 0 ? own : globals;
  return [here, ...children.flatMap((child) => names(child).flatMap((name) => placesOf(child, [...path, name], inherited)))];
}

export function completionScript(shell: (typeof SHELLS)[number], program: Command): string {
  const places = placesOf(program);
  switch (shell) {
    case "bash":
      return bash(places);
    case "zsh":
      return `#compdef mesi\nautoload -U +X bashcompinit && bashcompinit\n${bash(places)}`;
    case "fish":
      return fish(places);
  }
}

function bash(places: readonly Place[]): string {
  const cases = places.map(({ path, words, flags }) => `    "${path}") words="${words.join(" ")}"; flags="${flags.join(" ")}" ;;`);
  return `_mesi() {
  local cur path="" words="" flags="" i
  cur="\${COMP_WORDS[COMP_CWORD]}"
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ "\${COMP_WORDS[i]}" == -* ]] && break
    path="\${path:+$path }\${COMP_WORDS[i]}"
  done
  case "$path" in
${cases.join("\n")}
  esac
  if [[ "$cur" == -* ]]; then COMPREPLY=($(compgen -W "$flags" -- "$cur"))
  else COMPREPLY=($(compgen -W "$words" -- "$cur")); fi
}
complete -o default -F _mesi mesi
`;
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, words, flags }) => {
    const words_ = path === "" ? [] : path.split(" ");
    const condition = words_.length === 0 ? "__fish_use_subcommand" : words_.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
    return [
      ...words.map((word) => `complete -c mesi -n '${condition}' -f -a '${word}'`),
      ...(words_.length === 0 ? [] : flags.map((flag) => `complete -c mesi -n '${condition}' -l '${flag.slice(2)}'`)),
    ];
  });
  return `${lines.join("\n")}\n`;
}
