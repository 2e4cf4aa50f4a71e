#!/usr/bin/env node
/** `streamjson`: the original's name for `mtproto2json serve`, with the same flags. */
import { main } from '../cli.ts';

await main(['serve', ...process.argv.slice(2)]);
