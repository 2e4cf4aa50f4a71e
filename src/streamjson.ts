#!/usr/bin/env node
/**
 * `streamjson`: the original's name for `mtproto2json serve`.
 * In: the flags of `serve`. Out: the same process. Never: anything of its own.
 */
process.argv.splice(2, 0, 'serve');
await import('./cli.ts');
