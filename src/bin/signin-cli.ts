#!/usr/bin/env node
/** `signin-cli`: the original's name for `mtproto2json signin`, with the same flags. */
import { main } from '../cli.ts';

await main(['signin', ...process.argv.slice(2)]);
