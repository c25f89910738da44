import { createHandler } from './create-handler';

export const handler = createHandler(process.env, (line) => process.stdout.write(`${line}\n`));
