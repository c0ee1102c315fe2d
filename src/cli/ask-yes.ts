import { createInterface } from 'node:readline';

/** Asks a person. An input that ends, or Ctrl-C at the prompt, is a no: nobody is there to be waited for. */
export async function askYes(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<boolean> {
  const prompt = createInterface({ input, output, prompt: question });
  const answer = await new Promise<string>((resolve) => {
    // Not `question`, which does not hear a last line without its line feed.
    prompt.once('line', resolve);
    prompt.once('close', () => resolve(''));
    prompt.prompt();
  });
  prompt.close();
  return /^y(es)?$/i.test(answer.trim());
}
