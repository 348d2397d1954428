// Speaks MessagePack for the tests: data on standard input, the answer on standard output.
//
//   messages.mjs pack      JavaScript expressions, one a line, become one message: an array of their values
//   messages.mjs unpack    a message, an array, becomes a description of its elements, one a line
//   messages.mjs echo      a message is read and written again

import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { decode, encode } from "@msgpack/msgpack";

const input = new Uint8Array(readFileSync(0));
const unpack = (data) => decode(data, { useBigInt64: false });

switch (process.argv[2]) {
  case "pack":
    process.stdout.write(encode(new TextDecoder().decode(input).split("\n").map((line) => eval(`(${line})`)), { useBigInt64: true }));
    break;
  case "unpack":
    process.stdout.write(unpack(input).map((value) => inspect(value, { breakLength: Infinity, maxStringLength: null })).join("\n"));
    break;
  default:
    process.stdout.write(encode(unpack(input)));
}
