/**
 * One entry of a machine's apt sources: the fields of sources.list(5) in deb822 style. Key: name in lowercase. Fields that
 * this code does not use (keys, architectures, options) are kept.
 */
export type Source = ReadonlyMap<string, string>;

/** Parses sources in one of apt's two styles, which follows from the file's name. Disabled sources are left out. */
export function parseSources(fileName: string, text: string): Source[] {
  const sources = fileName.endsWith(".sources") ? stanzas(text) : lines(text);
  return sources.filter(
    (source) => words(source, "types").includes("deb") && source.get("enabled")?.trim() !== "no",
  );
}

/** Formats a source in deb822 style with some fields replaced. */
export function formatSource(source: Source, fields: Record<string, string>): string {
  return [...new Map([...source, ...Object.entries(fields)])]
    .map(([name, value]) => `${name}: ${value}\n`)
    .join("");
}

/** Splits a field that is a list. */
export function words(source: Source, field: string): string[] {
  return (source.get(field) ?? "").split(/\s+/).filter((word) => word !== "");
}

function stanzas(text: string): Source[] {
  return text
    .replaceAll(/^#.*\n?/gm, "")
    .split(/^[ \t]*$/m)
    .map((stanza) => {
      // A line that begins with a space continues the field before it, for example an embedded key.
      const fields = stanza.matchAll(/^(?<name>[^\s:]+):[ \t]*(?<value>.*(?:\n[ \t].*)*)/gm);
      return new Map([...fields].map(({ groups = {} }) => [lowerCase(groups.name), groups.value ?? ""]));
    })
    .filter((source) => source.size > 0);
}

const LINE =
  /^[ \t]*(?<type>deb(?:-src)?)[ \t]+(?:\[(?<options>[^\]]*)\][ \t]+)?(?<uri>\S+)[ \t]+(?<rest>[^#\n]+)/gm;

function lines(text: string): Source[] {
  return [...text.matchAll(LINE)].map(({ groups = {} }) => {
    const { type = "", options = "", uri = "", rest = "" } = groups;
    const [suite = "", ...components] = rest.trim().split(/\s+/);
    return new Map([
      ["types", type],
      ["uris", uri],
      ["suites", suite],
      ["components", components.join(" ")],
      ...[...options.matchAll(/([^\s=]+)=(\S*)/g)].map(([, name, value = ""]) =>
        option(lowerCase(name), value),
      ),
    ]);
  });
}

/** Converts an option of the one-line style: three have another name there, and values are separated by commas. */
function option(name: string, value: string): [string, string] {
  const field = { arch: "architectures", lang: "languages", target: "targets" }[name] ?? name;
  return [field, value.replaceAll(",", " ")];
}

function lowerCase(name = ""): string {
  return name.toLowerCase();
}
