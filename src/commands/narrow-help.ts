/**
 * Narrow help: how `--help` is laid out.
 * In: a command. Out: the same, whose help fits 80 columns, whatever the length of an option.
 * Never: a text of its own.
 */
import { type Command, Help } from 'commander';

const COLUMNS = 80;
/** A longer term has its description on the next line, columns. */
const TERM = 26;
const INDENT = 2;

/** Lays the help of a command, and of commands later made from it, out in 80 columns. */
export function narrowHelp(command: Command): Command {
  return command.configureHelp({
    helpWidth: Math.min(process.stdout.columns || COLUMNS, COLUMNS),
    padWidth(this: Help, cmd, helper) {
      return Math.min(Help.prototype.padWidth.call(this, cmd, helper), TERM);
    },
    formatItem(this: Help, term, width, description, helper) {
      const item = (text: string): string => Help.prototype.formatItem.call(this, text, width, description, helper);
      if (term.length <= width || description === '') return item(term);
      return `${' '.repeat(INDENT)}${term}\n${item('')}`;
    },
  });
}
