package dev.leat.mistakes;

import dev.leat.mistakes.Mistake.Edit;
import java.util.List;

/** Mistakes that are easy to make in the lane protocol, in loads, replays and comparisons, some that would harm the application, and the test that catches each. */
final class KnownMistakes {

    private static final String MAIN = "src/main/java/dev/leat/";
    private static final String CLAIMS = MAIN + "outbox/LaneClaims.java";
    private static final String LANE_CLAIM = MAIN + "outbox/LaneClaim.java";
    private static final String MEMORY = MAIN + "outbox/LaneMemory.java";
    private static final String CLAIM_STATEMENTS = MAIN + "outbox/ClaimStatements.java";
    private static final String SETTLEMENT = MAIN + "outbox/Settlement.java";
    private static final String CLAIM_SQL = "db/migration/R__09_poller.sql";
    private static final String CAPTURE = "db/migration/R__04_capture.sql";
    private static final String EVENTS_SQL = "db/migration/R__07_events.sql";
    private static final String RECONCILIATION = MAIN + "reconcile/Reconciliation.java";
    private static final String SHARDS_READER = MAIN + "reconcile/ShardsReader.java";
    private static final String STREAM_VIEW = MAIN + "reconcile/StreamView.java";
    private static final String LOAD_SQL = "db/migration/R__10_load.sql";

    private static final String INTERLEAVING = "dev.leat.outbox.InterleavingTest#";
    private static final String LANE_CLAIMS = "dev.leat.outbox.LaneClaimsTest#";
    private static final String COUNTERS = "dev.leat.outbox.CountersTest#";
    private static final String REPLAYS = "dev.leat.load.ReplayTest#";
    private static final String REPLAYED_STREAM = "dev.leat.load.ReplayedStreamTest#";
    private static final String EQUAL_TABLES = "dev.leat.reconcile.EqualTablesTest#";
    private static final String LATE_EVENTS = "dev.leat.reconcile.LateEventsTest#";
    private static final String LOADS = "dev.leat.load.LoadTest#";
    private static final String LOADS_BESIDE_WRITERS = "dev.leat.load.WritersBesideTest#";

    static final List<Mistake> ALL = List.of(
            Mistake.of(
                    "the lanes are locked and read with one snapshot",
                    INTERLEAVING + "aLaneTakenOverIsReadAsItIsAfterTheLock",
                    new Edit(
                            CLAIM_STATEMENTS,
                            "BEGIN, DRAWN",
                            "BEGIN.replace(\"READ COMMITTED\", \"REPEATABLE READ\"), DRAWN")),
            Mistake.of(
                    "the sequence is taken for the watermark",
                    LANE_CLAIMS + "anEventThatCommitsLateIsNotPassedByTheWatermark",
                    new Edit(CLAIMS, "look(drawn, start.holders());", "look(drawn, Set.of());")),
            Mistake.of(
                    "the sequence is read while it is being written",
                    "dev.leat.outbox.ClaimStartTest#noIdIsTakenForDrawnBeforeItIs",
                    new Edit(
                            CLAIM_SQL,
                            "coalesce(pg_sequence_last_value('leat_internal.outbox_id_seq'::regclass), 0),",
                            "(SELECT s.last_value FROM leat_internal.outbox_id_seq s),")),
            Mistake.of(
                    "prepared transactions are not among the holders",
                    LANE_CLAIMS + "aPreparedTransactionIsWaitedForToo",
                    new Edit(
                            CLAIM_SQL, "AND l.pid IS DISTINCT FROM pg_backend_pid()", "AND l.pid <> pg_backend_pid()")),
            Mistake.of(
                    "a holder that vanished is taken for ended though it prepared",
                    "dev.leat.outbox.WatermarkTest#aHolderThatPreparesItsTransactionStillDelaysTheProof",
                    new Edit(
                            MAIN + "outbox/Watermark.java",
                            "remaining.addAll(appeared);",
                            "remaining.removeAll(appeared);")),
            Mistake.of(
                    "the holders are read before the sequence",
                    INTERLEAVING + "aWriterThatComesBetweenTheTwoLooksIsWaitedFor",
                    new Edit(
                            CLAIM_STATEMENTS, "BEGIN, DRAWN, WRITERS, LOCK_LANES", "BEGIN, WRITERS, DRAWN, LOCK_LANES"),
                    new Edit(
                            MAIN + "outbox/ClaimStart.java",
                            "            SequenceLook sequence = SequenceLook.of(answers.next());\n"
                                    + "            Set<String> holders = holders(answers.next());\n",
                            "            Set<String> holders = holders(answers.next());\n"
                                    + "            SequenceLook sequence = SequenceLook.of(answers.next());\n")),
            Mistake.of(
                    "ids are drawn before the lock on the outbox",
                    INTERLEAVING + "noIdIsDrawnBeforeTheLockOnTheOutbox",
                    new Edit(
                            CAPTURE, "    done          boolean := false;", "    done boolean := false; drawn bigint;"),
                    new Edit(
                            CAPTURE,
                            "{{encoding_check}}    IF {{row_goes}}",
                            "{{encoding_check}}    drawn := nextval('leat_internal.outbox_id_seq');\n    IF {{row_goes}}"),
                    new Edit(
                            CAPTURE,
                            "leat_internal.outbox (%s)'",
                            "leat_internal.outbox (%s, id) OVERRIDING SYSTEM VALUE'"),
                    new Edit(CAPTURE, "THEN 'VALUES (%s)'", "THEN 'VALUES (%s, drawn)'")),
            Mistake.of(
                    "held events are not held",
                    LANE_CLAIMS + "heldEventsWaitUntilEveryLowerIdIsDecided",
                    new Edit(
                            MAIN + "outbox/LaneParameters.java",
                            "statement.setLong(first + 3, watermark);",
                            "statement.setLong(first + 3, Long.MAX_VALUE);")),
            Mistake.of(
                    "events are deleted by range",
                    INTERLEAVING + "anEventThatCommitsWhileAClaimIsOpenIsNotSettledWithIt",
                    new Edit(
                            "db/migration/R__09_poller.sql",
                            "             WHERE o.lane = e.lane AND o.id = e.id;",
                            "             WHERE o.lane = e.lane AND o.id <= e.id;"),
                    new Edit(
                            "db/migration/R__09_poller.sql",
                            "            DELETE FROM leat_internal.outbox o\n"
                                    + "             WHERE o.lane = the_lane AND o.id BETWEEN first AND last AND o.id = ANY (batch);",
                            "            DELETE FROM leat_internal.outbox o WHERE o.lane = the_lane AND o.id <= last;"),
                    new Edit(
                            CLAIM_SQL, "IF settled <> counted OR part <> cardinality(released) THEN", "IF false THEN")),
            Mistake.of(
                    "an empty lane is taken for empty up to the id drawn",
                    LANE_CLAIMS + "anEventThatCommitsLateIsNotPassedByTheWatermark",
                    new Edit(
                            CLAIMS,
                            "memory.empty(knownIn, locked.empty(), drawn, look.proven());",
                            "memory.empty(knownIn, locked.empty(), drawn, drawn);")),
            Mistake.of(
                    "a low passes what was left",
                    LANE_CLAIMS + "whatWasNotDeliveredIsClaimedAgainAndNothingBeforeItIsSkipped",
                    new Edit(MEMORY, "if (settled.firstLeft().isPresent()) {", "if (settled.left() < 0) {")),
            Mistake.of(
                    "a low passes what was not read",
                    LANE_CLAIMS + "aBacklogIsReadInBatchesUntilItIsGone",
                    new Edit(
                            MEMORY,
                            "reached = Math.min(reached, settled.cutAt().getAsLong());",
                            "reached = Math.max(reached, settled.cutAt().getAsLong());")),
            Mistake.of(
                    "a low is learnt from a claim that was not committed",
                    INTERLEAVING + "aClaimWhoseCommitFailsTeachesNothing",
                    new Edit(
                            LANE_CLAIM,
                            "        try {\n            boolean noted",
                            "        note(left);\n        try {\n            boolean noted"),
                    new Edit(
                            LANE_CLAIM,
                            "            // The connection may be lost, and the next one may lead to another server.\n"
                                    + "            memory.forget();",
                            "            // Nothing.")),
            Mistake.of(
                    "an event is settled before it is acknowledged",
                    "dev.leat.poller.PollerTest#anEventGoesThroughTheStagesInOrder",
                    new Edit(
                            MAIN + "poller/Pass.java",
                            "            Publisher.Published published =",
                            "            claim.settle(claim.events().stream()\n"
                                    + "                    .<Outcome>map(e -> new Outcome.Delivered(e, \"\", \"\")).toList());\n"
                                    + "            Publisher.Published published ="),
                    new Edit(MAIN + "poller/Pass.java", "            claim.settle(outcomes);\n", "")),
            Mistake.of(
                    "what is to be tried later is settled too",
                    LANE_CLAIMS + "whatWasNotDeliveredIsClaimedAgainAndNothingBeforeItIsSkipped",
                    new Edit(
                            SETTLEMENT,
                            "if (outcome instanceof Outcome.Delivered) {",
                            "if (outcome instanceof Outcome.Delivered || outcome instanceof Outcome.TryLater) {")),
            Mistake.of(
                    "a successor is sent before its predecessor is acknowledged",
                    "dev.leat.kinesis.KinesisPublisherTest#anAnswerThatIsLostRepeatsTheSameRecordsAndNothingOvertakesThem",
                    new Edit(
                            MAIN + "kinesis/PendingRecords.java",
                            "ofKey(records[index].partitionKey(), byKey).append",
                            "ofKey(index + records[index].partitionKey(), byKey).append")),
            Mistake.of(
                    "an aggregate goes elsewhere than the events in it",
                    "dev.leat.aggregated.AggregatedStreamTest#noEventIsInAShardThatItDoesNotBelongToHoweverTheStreamIsSplitAndMerged",
                    new Edit(MAIN + "kinesis/KplAggregate.java", "return laneKey.hashKey();", "return \"1\";")),
            Mistake.of(
                    "no clock is asked before a request",
                    "dev.leat.kinesis.PausedProcessTest#aProcessPausedBeforeASendPublishesNothingWhenItWakes",
                    new Edit(
                            MAIN + "kinesis/PublishRun.java",
                            "if (left.compareTo(SHORTEST_REQUEST) >= 0) {",
                            "if (left != null) {")),
            Mistake.of(
                    "a poller claims from a schema that does not serve it",
                    "dev.leat.outbox.SchemaRangeTest#aRunningPollerClaimsAsLongAsTheSchemaServesIt",
                    new Edit(CLAIMS, "                start.sequence().schema().require();\n", "")),
            Mistake.of(
                    "a migration that fails leaves half of it behind",
                    "dev.leat.schema.MigrationsTest#aMigrationThatFailsLeavesNothingBehind",
                    new Edit(MAIN + "schema/Migrations.java", ".group(true)", ".group(false)")),
            Mistake.of(
                    "a claim locks writers out of the outbox",
                    "dev.leat.app.KinesisGoneTest#whileTheEndpointRefusesConnectionsWritersNeitherFailNorWait",
                    new Edit(
                            CLAIM_SQL,
                            "    SELECT coalesce(max(l.low), 0),",
                            "    LOCK TABLE leat_internal.outbox IN SHARE MODE;\n"
                                    + "    SELECT coalesce(max(l.low), 0),")),
            Mistake.of(
                    "attach waits for its lock in one go",
                    "dev.leat.harm.AttachBesideWritersTest#whileALongTransactionKeepsAttachFromItsLockWritersGoOn",
                    new Edit("db/migration/R__05_attach.sql", ":= '100 milliseconds';", ":= '5 seconds';")),
            Mistake.of(
                    "a migration locks what writers have locked",
                    "dev.leat.harm.MigrateBesideWritersTest#aMigrationNeedsNoLockThatAWriterHolds",
                    new Edit(
                            "db/migration/R__11_rights.sql",
                            "CREATE OR REPLACE FUNCTION leat.schema_version()",
                            "LOCK TABLE leat_internal.outbox IN SHARE MODE; CREATE OR REPLACE FUNCTION leat.schema_version()")),
            Mistake.of(
                    "a load does not lock the rows that it reads",
                    LOADS_BESIDE_WRITERS + "aRowThatAWriterHoldsIsLoadedAfterItAsItIsThen",
                    new Edit(LOAD_SQL, "FOR SHARE SKIP LOCKED) AS l", "OFFSET 0) AS l")),
            Mistake.of(
                    "a load locks the keys of rows alone",
                    LOADS_BESIDE_WRITERS + "aRowThatAWriterHoldsIsLoadedAfterItAsItIsThen",
                    new Edit(LOAD_SQL, "FOR SHARE SKIP LOCKED) AS l", "FOR KEY SHARE SKIP LOCKED) AS l")),
            Mistake.of(
                    "a load reads by a snapshot that is older than its locks",
                    LOADS_BESIDE_WRITERS + "aLoadRefusesASnapshotThatIsOlderThanItsLocks",
                    new Edit(
                            LOAD_SQL,
                            "IF current_setting('transaction_isolation') <> 'read committed' THEN",
                            "IF false THEN")),
            Mistake.of(
                    "a load takes a snapshot for locks",
                    LOADS_BESIDE_WRITERS + "aSnapshotDoesNotStandInForTheLocks",
                    new Edit(
                            LOAD_SQL,
                            "IF current_setting('transaction_isolation') <> 'read committed' THEN",
                            "IF false THEN"),
                    new Edit(LOAD_SQL, "FOR SHARE SKIP LOCKED) AS l", "OFFSET 0) AS l")),
            Mistake.of(
                    "a load goes on by counting rows",
                    LOADS_BESIDE_WRITERS + "aRowThatIsDeletedBehindTheLoadHidesNoOther",
                    new Edit(
                            LOAD_SQL,
                            "keys := leat_internal.page_conditions(work, work.bound);",
                            "keys := ARRAY[format('leat_r.ctid NOT IN (SELECT o.ctid FROM %s AS o ORDER BY id LIMIT %s)',"
                                    + " work.relation, work.loaded)];")),
            Mistake.of(
                    "a load forgets its place",
                    LOADS + "aChunkThatIsRolledBackIsReadAgain",
                    new Edit(LOAD_SQL, "state = outcome, bound = work.bound,", "state = outcome,")),
            Mistake.of(
                    "a load forgets the rows that writers hold",
                    LOADS_BESIDE_WRITERS + "aLoadNeverWaitsLongForAWriterAndForgetsNothing",
                    new Edit(LOAD_SQL, "FROM skipped AS s RETURNING 1", "FROM skipped AS s WHERE false RETURNING 1")),
            Mistake.of(
                    "a load takes some of the rows that share a key",
                    LOADS + "duplicatesOfANamedKeyAreAllLoadedAndTogether",
                    new Edit(LOAD_SQL, "FETCH FIRST %s ROWS WITH TIES", "FETCH FIRST %s ROWS ONLY")),
            Mistake.of(
                    "a load reads whoever's table it is",
                    "dev.leat.security.LoadTest#whatBelongsToOthersIsNotEvaluated",
                    new Edit(
                            LOAD_SQL,
                            "        SELECT coalesce(bool_or(r.rolsuper",
                            "        SELECT true OR coalesce(bool_or(r.rolsuper")),
            Mistake.of(
                    "counters are summed up in two statements",
                    COUNTERS + "whatIsCountedWhileSummingUpIsKept",
                    new Edit(
                            CLAIM_SQL,
                            "        DELETE FROM leat_internal.counter_delta d\n        RETURNING d.schema_name, d.table_name, d.op, d.published,"
                                    + " d.retried, d.quarantined, d.discarded\n",
                            "        SELECT d.* FROM leat_internal.counter_delta d\n"),
                    new Edit(
                            CLAIM_SQL,
                            "    SELECT count(*) INTO summed FROM gone;",
                            "    SELECT count(*) INTO summed FROM gone;\n    DELETE FROM leat_internal.counter_delta;")),
            Mistake.of(
                    "a settlement counts what was not settled",
                    "dev.leat.security.PollerTest#nothingIsCountedButWhatIsSettled",
                    new Edit(
                            CLAIM_SQL,
                            "IF settled <> counted OR part <> cardinality(released) THEN",
                            "IF part <> cardinality(released) THEN")),
            Mistake.of(
                    "what a replay sends again is counted once more",
                    REPLAYS + "onlyAFewHundredAreQueuedAtATimeInTheirOrder",
                    new Edit(CLAIM_SQL, "WHERE g.replay IS NULL GROUP BY 1, 2, 3", "GROUP BY 1, 2, 3")),
            Mistake.of(
                    "a replayed event gets a new id",
                    REPLAYS + "theirIdsAndStreamsStayUnlessAnotherStreamIsNamed",
                    new Edit(
                            EVENTS_SQL,
                            "        SELECT n.id, n.lane, n.op, n.held, n.may_pass,",
                            "        SELECT nextval('leat_internal.outbox_id_seq'), n.lane, n.op, n.held, n.may_pass,")),
            Mistake.of(
                    "a replay sends what has a doubtful id",
                    REPLAYS + "aDoubtfulIdIsNotSentAgain",
                    new Edit(
                            "db/migration/R__08_history.sql",
                            "     WHERE q.lane = ANY (renumber.lanes) AND q.replay IS NOT NULL\n",
                            "     WHERE false\n")),
            Mistake.of(
                    "new events wait for what a replay sends",
                    LANE_CLAIMS + "whatAReplaySendsAgainIsReadTogetherWithTheOutbox",
                    new Edit(MAIN + "outbox/LaneReader.java", "if (!event.replay()) {", "if (event.id() > 0) {")),
            Mistake.of(
                    "a lane is taken for empty though more of a replay waits in it",
                    LANE_CLAIMS + "aLaneInWhichMoreOfAReplayWaitsIsFull",
                    new Edit(
                            MAIN + "outbox/LaneReader.java",
                            "fromQuarantine.cutAt(lane).isPresent() ? OptionalLong.of(0) : fromOutbox.cutAt(lane);",
                            "fromOutbox.cutAt(lane);")),
            Mistake.of(
                    "a replayed event does not say so",
                    REPLAYED_STREAM + "anotherStreamGetsTheReplayAndOnlyThat",
                    new Edit(MAIN + "shape/DebeziumJson.java", "if (event.replay()) {", "if (event.id() < 0) {")),
            Mistake.of(
                    "reconcile does not await its markers",
                    LATE_EVENTS + "whatIsReadableOnlyLaterIsWaitedFor",
                    new Edit(RECONCILIATION, "                published::allRead,", "                () -> true,")),
            Mistake.of(
                    "reconcile takes its markers for the end of what was published",
                    LATE_EVENTS + "whatWaitsInTheOutboxIsWaitedForThoughMarkersOvertakeIt",
                    new Edit(
                            RECONCILIATION,
                            "database.pending(table, snapshotText) == 0,",
                            "database.pending(table, snapshotText) >= 0,")),
            Mistake.of(
                    "reconcile counts what its snapshot does not see",
                    EQUAL_TABLES + "whatCommitsAfterTheSnapshotDoesNotCount",
                    new Edit(
                            RECONCILIATION,
                            "(snapshot == null || snapshot.sees(event.transaction()))",
                            "event.transaction() >= 0")),
            Mistake.of(
                    "reconcile reads the table when the markers have come",
                    EQUAL_TABLES + "whatCommitsAfterTheSnapshotDoesNotCount",
                    new Edit(
                            MAIN + "reconcile/SourceDatabase.java",
                            "ISOLATION LEVEL REPEATABLE READ, READ ONLY",
                            "ISOLATION LEVEL READ COMMITTED, READ ONLY")),
            Mistake.of(
                    "reconcile skips shards that have ended",
                    EQUAL_TABLES + "aStreamThatIsReshardedReadsAlike",
                    new Edit(
                            SHARDS_READER,
                            "boolean ready = parents(shard).allMatch(parent -> !known.containsKey(parent) || ended.contains(parent));",
                            "boolean ready = shard.sequenceNumberRange().endingSequenceNumber() == null;")),
            Mistake.of(
                    "reconcile reads a shard beside its parents",
                    "dev.leat.reconcile.ShardsReaderTest#aShardIsReadToItsEndBeforeItsChildren",
                    new Edit(
                            SHARDS_READER,
                            "boolean ready = parents(shard).allMatch(parent -> !known.containsKey(parent) || ended.contains(parent));",
                            "boolean ready = true;")),
            Mistake.of(
                    "reconcile takes what came last for the newest",
                    LATE_EVENTS + "whatIsSentAgainBehindNewerEventsDoesNotCount",
                    new Edit(STREAM_VIEW, "if (event.id() > row.id) {", "if (event.id() > 0) {")),
            Mistake.of(
                    "reconcile takes a repetition for news where rows share a key",
                    LATE_EVENTS + "whatIsSentAgainBehindNewerEventsDoesNotCount",
                    new Edit(
                            STREAM_VIEW,
                            "} else if (deduplicator.first(new Identity(event.sourceName(), event.partitionKey(), event.id()))) {",
                            "} else {")),
            Mistake.of(
                    "reconcile takes a loaded row for newer than the change after it",
                    LATE_EVENTS + "whatIsSentAgainBehindNewerEventsDoesNotCount",
                    new Edit(
                            STREAM_VIEW,
                            "if (event.id() > row.id) {",
                            "if (event.id() > row.id || event.op().equals(\"r\")) {")));

    private KnownMistakes() {}
}
