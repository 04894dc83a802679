// Adds, and says where it runs.
export const handler = async (event, context) => {
  console.log('adding', event.a, event.b);
  if (event.b === undefined) {
    throw new RangeError('nothing to add');
  }
  return { sum: event.a + event.b, name: context.functionName, node: process.version };
};
