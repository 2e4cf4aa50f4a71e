#!/usr/bin/env node
/**
 * `signin-cli`: the original's name for `mtproto2json signin`.
 * In: the flags of `signin`. Out: the same process. Never: anything of its own.
 */
process.argv.splice(2, 0, 'signin');
await import('./cli.ts');
