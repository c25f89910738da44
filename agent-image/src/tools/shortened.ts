/**
 * The beginning of a text, up to `length` characters. Half a surrogate pair, which a cut or a program leaves, is replaced:
 * it would have the model refuse the whole conversation.
 */
export function shortened(text: string, length: number): string {
  return Buffer.from(text.slice(0, length), 'utf8').toString('utf8');
}
