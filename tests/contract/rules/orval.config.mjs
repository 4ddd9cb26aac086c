export default {
  fenghuo: { input: process.env.CONTRACT, output: { target: `${process.env.OUT}/client.ts`, client: "fetch" } },
};
