/** Polls until `wanted`, within 5 s; gives what it saw last. */
export async function eventually<Value>(read: () => Promise<Value>, wanted: (value: Value) => boolean): Promise<Value> {
  const deadline = performance.now() + 5_000;
  let value = await read();
  while (!wanted(value) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20)); // between two looks
    value = await read();
  }
  return value;
}
