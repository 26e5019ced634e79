package dev.leat.dms.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.leat.dms.file.SettingsFile.MessageSettings;
import dev.leat.settings.InvalidSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsFileTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} | dms",
                "{\"MessageFormat\": \"JSON\"} | dms",
                "{\"MessageFormat\": \"json-unformatted\", \"IncludePartitionValue\": true} | dms:json-unformatted:partition-value",
                "{\"kinesis_settings\": {\"message_format\": \"JSON_UNFORMATTED\", \"include_null_and_empty\": \"true\"}}"
                        + " | dms:json-unformatted:null-and-empty",
                "{\"kinesisSettings\": {\"partitionIncludeSchemaTable\": true, \"includeTransactionDetails\": false}}"
                        + " | dms:partition-include-schema-table",
                "{\"NoHexPrefix\": true, \"IncludeTransactionDetails\": true} | dms:no-hex-prefix:transaction-details",
                "{\"BeforeImageSettings\": {\"EnableBeforeImage\": true, \"FieldName\": \"old\", \"ColumnFilter\": \"ALL\"}}"
                        + " | dms:before-image=old:before-image-columns=all",
                "{\"BeforeImageSettings\": {\"EnableBeforeImage\": false, \"FieldName\": \"\"}} | dms",
            })
    void theSettingsAreOptionsOfTheFormat(String settings, String format) {
        MessageSettings read = SettingsFile.read("kinesis.json", settings);
        assertThat(read.format()).isEqualTo(format);
        assertThat(read.unsupported()).isEmpty();
    }

    @Test
    void whatHasNoEffectIsNamedAndWhatIsNotSupportedToo() {
        MessageSettings read = SettingsFile.read("kinesis.json", """
                {"StreamArn": "arn:aws:kinesis:eu-central-1:123456789012:stream/a",
                 "IncludeControlDetails": true,
                 "IncludeTableAlterOperations": false,
                 "Oddity": 7,
                 "NoHexPrefix": null}""");
        assertThat(read.format()).isEqualTo("dms");
        assertThat(read.unsupported())
                .containsExactly(
                        "IncludeControlDetails is not supported yet: no control records of tables are sent yet");
        assertThat(read.notices())
                .containsExactly(
                        "kinesis.json:1: StreamArn has no effect and is ignored: the stream is the poller's, or that of --stream",
                        "kinesis.json:4: Oddity has no effect and is ignored",
                        "kinesis.json:5: NoHexPrefix is null and has no effect");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[] | the settings are to be an object",
                "{\"MessageFormat\": \"xml\"} | MessageFormat is \"xml\": it is json or json-unformatted",
                "{\"NoHexPrefix\": \"yes\"} | NoHexPrefix is \"yes\": it is true or false",
                "{\"BeforeImageSettings\": {\"EnableBeforeImage\": true}} | FieldName is missing",
                "{\"BeforeImageSettings\": {\"EnableBeforeImage\": true, \"FieldName\": \"a:b\"}} | FieldName is \"a:b\"",
                "{\"BeforeImageSettings\": {\"ColumnFilter\": \"some\"}} | ColumnFilter is \"some\"",
                "{\"MessageFormat\": | the file ends before its JSON does",
            })
    void whatIsWrongIsRefusedWithItsLine(String settings, String fault) {
        assertThatThrownBy(() -> SettingsFile.read("kinesis.json", settings))
                .isInstanceOfSatisfying(
                        InvalidSettings.class,
                        invalid -> assertThat(invalid.faults())
                                .anySatisfy(each -> assertThat(each)
                                        .startsWith("kinesis.json:1: ")
                                        .contains(fault)));
    }
}
