export default {
  input: process.env.CONTRACT,
  output: { path: process.env.OUT, module: { extension: ".ts" } },
  plugins: ["@hey-api/client-fetch", "@hey-api/typescript", "@hey-api/sdk"],
  logs: { file: false },
};
