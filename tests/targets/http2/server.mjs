// A server of Node's own HTTP/2: a list of records, the records, and an echo of what is posted, under TLS. Writes its port,
// then the version, method and path of each request. Arguments: key file, certificate file.
import { createSecureServer } from "node:http2";
import { readFileSync } from "node:fs";

const [key, cert] = process.argv.slice(2).map((file) => readFileSync(file));
const records = Array.from({ length: 40 }, (_, n) => ({ id: `t-${n}`, title: `ticket ${n}` }));

const server = createSecureServer({ key, cert }, (request, response) => {
  console.log(`HTTP/${request.httpVersion} ${request.method} ${request.headers[":authority"]} ${request.url}`);
  if (request.method === "POST") return request.pipe(response);
  const known = request.headers.authorization?.startsWith("Bearer good-");
  const id = request.url.split("/")[2];
  const found = id === undefined ? records.map(({ id }) => ({ id })) : records.find((record) => record.id === id);
  response.statusCode = known ? (found ? 200 : 404) : 401;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(known && found ? found : {}));
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
