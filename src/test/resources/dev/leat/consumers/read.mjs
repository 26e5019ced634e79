// Reads a stream from its beginning to its end by the API's JSON form, hands each event to the consumer of docs/formats.md, and
// prints the rows of its view, one a line, and at last how many events it skipped.
//
//   node read.mjs <consumer> <endpoint> <stream> plain|kpl|lines
//
// For kpl it takes records apart by AWS's own module for Lambda functions.
import {createRequire} from 'node:module';

const [, , consumer, endpoint, stream, format] = process.argv;
const {consume, rows} = await import(consumer);

async function call(operation, input) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': `Kinesis_20131202.${operation}`},
    body: JSON.stringify(input),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${operation}: ${JSON.stringify(answer)}`);
  return answer;
}

const split = {
  plain: record => [Buffer.from(record.Data, 'base64').toString()],
  lines: record => Buffer.from(record.Data, 'base64').toString().split('\n').filter(line => line),
  kpl: record => {
    const {deaggregateSync} = createRequire(import.meta.url)('aws-kinesis-agg');
    let events;
    deaggregateSync({...lowerCase(record), kinesisSchemaVersion: '1.0'}, true, (error, records) => {
      if (error) throw error;
      events = records.map(found => Buffer.from(found.data, 'base64').toString());
    });
    return events;
  },
}[format];

// As a Lambda function is given it.
function lowerCase(record) {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name[0].toLowerCase() + name.slice(1), value]));
}

let skipped = 0;
for (const shard of (await call('ListShards', {StreamName: stream})).Shards) {
  let iterator = (await call('GetShardIterator', {
    StreamName: stream,
    ShardId: shard.ShardId,
    ShardIteratorType: 'TRIM_HORIZON',
  })).ShardIterator;
  while (iterator) {
    const answer = await call('GetRecords', {ShardIterator: iterator, Limit: 10000});
    for (const event of answer.Records.flatMap(split)) {
      if (!consume(event)) skipped++;
    }
    iterator = answer.Records.length || answer.MillisBehindLatest ? answer.NextShardIterator : null;
  }
}
for (const [found, row] of rows) {
  const [source, , table] = JSON.parse(found);
  console.log(`${source} ${table} ${row.name} ${row.version}`);
}
console.log(skipped);
