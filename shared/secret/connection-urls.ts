/** User name and password of the current or the next version. */
interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Percent-encoded text without its escapes, in this part of a URL (RFC 3986). In parameters `+` may be a space. */
const ENCODED = { userInfo: /^[\w\-.~!$&'()*+,;=:]*$/, parameter: /^[\w\-.~!$'()*,:@/?]*$/ };

/**
 * Returns the connection URL with the user name and password of the next version, in its user information
 * (`postgres://app:…@host/db`) or its parameters (`jdbc:postgresql://host/db?user=app&password=…`). Everything else stays.
 * A text that equals the user name or the password is replaced as a whole.
 *
 * The new password is percent-encoded, unless the old one has characters that an encoded one cannot have.
 *
 * @returns undefined if the text is no such URL, or has another user name or password.
 */
export function rewrittenUrl(text: string, from: Credentials, to: Credentials): string | undefined {
  if (text === from.password) {
    return to.password;
  }
  if (text === from.username) {
    return to.username;
  }
  const [, scheme = "", rest = ""] = /^([a-z][\w+.:-]*:\/\/)(.*)$/is.exec(text) ?? [];
  const replaced = scheme && (inUserInfo(rest, from, to) ?? inParameters(rest, from, to));
  return replaced ? scheme + replaced : undefined;
}

function inUserInfo(rest: string, from: Credentials, to: Credentials): string | undefined {
  const plain = `${from.username}:${from.password}@`;
  if (rest.startsWith(plain) && !ENCODED.userInfo.test(from.password)) {
    return `${to.username}:${to.password}@${rest.slice(plain.length)}`;
  }
  const [all = "", username = "", password = ""] = /^([^:@/?#]*):([^@/?#]*)@/.exec(rest) ?? [];
  return all !== "" && decode(username) === from.username && decode(password) === from.password
    ? `${spelled(to.username, username)}:${encodeURIComponent(to.password)}@${rest.slice(all.length)}`
    : undefined;
}

function inParameters(rest: string, from: Credentials, to: Credentials): string | undefined {
  const { username, password } = from;
  const value = `${RegExp.escape(password)}(?=[&;#]|$)|[^&;#]*`;
  const parameter = new RegExp(`(?<=[?&;])(user|username|uid|password|pwd)=(${value})`, "gi");
  const found = [...rest.matchAll(parameter)].map(([, name = "", text = ""]) => ({ name, text }));
  const isPassword = (name: string) => name.toLowerCase().startsWith("p");
  const users = found.filter(({ name }) => !isPassword(name));
  const passwords = found.filter(({ name }) => isPassword(name));
  if (
    passwords.length === 0 ||
    (users.length === 0 && to.username !== username) ||
    users.some(({ text }) => decode(text) !== username) ||
    passwords.some(({ text }) => text !== password && decode(text.replaceAll("+", " ")) !== password)
  ) {
    return undefined;
  }
  const isPlain = passwords.every(({ text }) => text === password) && !ENCODED.parameter.test(password);
  const next = isPlain ? to.password : encodeURIComponent(to.password);
  return rest.replace(parameter, (_all, name: string, text: string) => {
    return `${name}=${isPassword(name) ? next : spelled(to.username, text)}`;
  });
}

/** Returns the encoded name, or the text before if it encodes the same name. */
function spelled(name: string, before: string): string {
  return decode(before) === name ? before : encodeURIComponent(name);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A malformed escape, such as a single "%".
  }
}
