using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Worker.Models.Contract;

/// <summary>The rules about a model's list of tables.</summary>
internal static class TableRules
{
    private const string Embedding = "embedding";

    /// <summary>What is wrong with a list of tables, a line each.</summary>
    public static IEnumerable<string> Errors(IReadOnlyList<TableSpec> tables)
    {
        for (int i = 0; i < tables.Count; i++)
        {
            TableSpec table = tables[i];
            if (string.IsNullOrWhiteSpace(table.Name) || string.IsNullOrWhiteSpace(table.Group))
                yield return $"table {i} has no name, or no group";
            if (tables.Take(i).Any(t => t.Name == table.Name))
                yield return $"two tables are named {table.Name}";
            if (table.Rows < 1 || table.Dimension < 1)
                yield return $"{table.Name} has {table.Rows} rows of {table.Dimension} numbers";
            if (table.PaddingRow is { } padding && (padding < 0 || padding >= table.Rows))
                yield return $"the padding row of {table.Name}, {padding}, is none of its {table.Rows} rows";
            if (table.Init is RowInit.CopyOf copy && !tables.Take(i).Any(t => t.Name == copy.Table && (t.Rows, t.Dimension) == (table.Rows, table.Dimension)))
                yield return $"{table.Name} starts as a copy of {copy.Table}, which is no earlier table of its size";
        }

        if (tables.FirstOrDefault(t => t.Name == Embedding) is not { } embedding)
        {
            yield return "no table is named embedding, the word vectors";
            yield break;
        }

        if (embedding.Dense || embedding.Group != Embedding)
            yield return "the table embedding has to be of the group embedding, and not dense";
        if (tables[0] != embedding && !(embedding.Init is RowInit.CopyOf of && tables[0].Name == of.Table && tables[1] == embedding))
            yield return "the table embedding does not come first";
    }
}

/// <summary>Demands on the list of tables.</summary>
internal static class TableDemands
{
    public static void KeepTheRules(ContractTrial trial)
    {
        foreach (string error in TableRules.Errors(trial.Model.Tables))
            throw new ContractBrokenException(error);
        using IEmbeddingModel other = trial.Subject.Create();
        if (!other.Tables.SequenceEqual(trial.Model.Tables))
            throw new ContractBrokenException("two instances have different tables");
    }
}
