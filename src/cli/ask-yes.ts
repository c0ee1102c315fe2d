import { createInterface } from 'node:readline/promises';

/** Asks a person. An input that ends, or Ctrl-C at the prompt, is a no: nobody is there to be waited for. */
export async function askYes(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<boolean> {
  const prompt = createInterface({ input, output });
  const gone = new Promise<string>((resolve) => prompt.once('close', () => resolve('')));
  try {
    const answer = await Promise.race([prompt.question(question).catch(() => ''), gone]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}
