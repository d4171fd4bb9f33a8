import { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import { describe, expect, it, vi } from "vitest";
import { wholeMessages } from "../../functions/postgres/whole-messages.ts";
import { readBounded } from "../../shared/engine/bounded-reading.ts";
import { RotationError } from "../../shared/report/errors.ts";
import { message, notice, READY, refusal } from "../fuzzing/postgres-messages.ts";

describe("the reader of whole PostgreSQL messages", () => {
  it("returns the same bytes for any split into chunks", () => {
    const words = Buffer.concat([refusal("28000"), notice("hello"), READY]);

    for (const size of [1, 2, 5, 7, words.length]) {
      const read = wholeMessages();
      const heard = [];
      for (let at = 0; at < words.length; at += size) heard.push(read(words.subarray(at, at + size)));
      expect(Buffer.concat(heard)).toEqual(words);
    }
  });

  it.each([
    { what: "an error whose last field is not ended", words: message("E", "SERROR\0Mnever ended") },
    { what: "an error without the zero at its end", words: message("E", "SERROR\0") },
    { what: "a notice without anything", words: message("N") },
    { what: "a length below its own size", words: Buffer.from("Z\0\0\0\x03I") },
    { what: "a length of 2 GiB", words: Buffer.from("D\x7f\xff\xff\xff", "latin1") },
    { what: "a length of -1", words: Buffer.from("D\xff\xff\xff\xff", "latin1") },
    { what: "an authentication without a number", words: message("R") },
  ])("refuses $what", ({ words }) => {
    expect(() => wholeMessages()(words)).toThrow();
  });

  it("refuses Kerberos and SSPI with a message, because the driver would throw outside of any handler", () => {
    for (const authentication of [2, 7, 8, 9]) {
      expect(() => wholeMessages()(message("R", authentication))).toThrow(RotationError);
    }
  });
});

describe("the filter between a connection and its driver", () => {
  function connection() {
    const stream = Object.assign(new EventEmitter(), { destroy: vi.fn() });
    const heard = vi.fn();
    stream.on("data", heard);
    return { stream, heard, listening: stream as unknown as Duplex };
  }

  it("ends the connection when the driver throws, and not the process", () => {
    const { stream, heard, listening } = connection();
    heard.mockImplementation(() => {
      throw new RangeError("Invalid array length");
    });
    readBounded(listening);

    stream.emit("data", Buffer.from("x"));

    expect(stream.destroy).toHaveBeenCalledWith(expect.objectContaining({ code: "EBADMSG" }));
  });

  it("reads each chunk once, and passes it to all listeners", () => {
    const { stream, heard, listening } = connection();
    const other = vi.fn();
    stream.on("data", other);
    const read = vi.fn((chunk: Buffer) => chunk.subarray(1));
    readBounded(listening, read);

    stream.emit("data", Buffer.from("abc"));

    expect(read).toHaveBeenCalledOnce();
    for (const listener of [heard, other]) expect(listener.mock.calls).toEqual([[Buffer.from("bc")]]);
  });

  it("ends the connection when the server sends more than 32 MiB", () => {
    const { stream, heard, listening } = connection();
    readBounded(listening);
    const mebibyte = Buffer.alloc(1024 * 1024);

    for (let spoken = 0; spoken < 32; spoken++) stream.emit("data", mebibyte);
    expect(stream.destroy).not.toHaveBeenCalled();
    stream.emit("data", mebibyte);

    expect(stream.destroy).toHaveBeenCalledOnce();
    expect(heard).toHaveBeenCalledTimes(32);
  });
});
