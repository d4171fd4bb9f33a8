const WIDTH = 30;

/** A bar on a terminal's standard error; nothing in a pipe. */
export function progressBar(stream: NodeJS.WriteStream = process.stderr): (done: number, of: number) => void {
  return (done, of) => {
    if (!stream.isTTY) {
      return;
    }
    const filled = of === 0 ? WIDTH : Math.round((done / of) * WIDTH);
    const bar = `${"#".repeat(filled)}${"-".repeat(WIDTH - filled)}`;
    stream.write(done < of ? `\r[${bar}] ${done} of ${of} secrets` : "\r\u001b[K");
  };
}
