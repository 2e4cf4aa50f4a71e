#!/usr/bin/env node
/** `mtproto2json`: the program under its own name. */
import { main } from '../cli.ts';

await main(process.argv.slice(2));
