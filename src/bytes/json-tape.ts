/** placeholder until the tape is here */
export class JsonTape {}
