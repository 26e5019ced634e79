package dev.leat.settle;

import dev.leat.codegen.SettleQueries;
import dev.leat.testkit.KeptText;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class SettleStatementsTest {

    @Test
    void theFilesADatabaseAdministratorReadsAreTheStatementsThatRun() throws IOException {
        KeptText.assertStatements(SettleQueries.rendered());
    }
}
