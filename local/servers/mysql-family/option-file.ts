/**
 * Formats a server's option file. Values are quoted because they may contain a space or "#". A backslash is doubled: the
 * server reads it as an escape sequence.
 */
export function optionFile(settings: Record<string, string>): string {
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} = "${value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}"\n`,
  );
  return ["[mysqld]\n", ...lines].join("");
}
