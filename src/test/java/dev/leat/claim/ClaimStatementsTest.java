package dev.leat.claim;

import dev.leat.codegen.ClaimQueries;
import dev.leat.testkit.KeptText;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class ClaimStatementsTest {

    @Test
    void theFilesADatabaseAdministratorReadsAreTheStatementsThatRun() throws IOException {
        KeptText.assertStatements(ClaimQueries.rendered());
    }
}
