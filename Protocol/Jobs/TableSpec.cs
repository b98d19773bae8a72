namespace DistEmbed.Protocol.Jobs;

/// <summary>A table of rows: the embedding, or a dense weight (rows are output units).</summary>
/// <param name="Name">Unique name such as <c>embedding</c> or <c>conv3.weight</c>.</param>
/// <param name="Group">Group that optimizers and freezing name, such as <c>embedding</c> or <c>conv3</c>.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Dimension">Numbers a row.</param>
/// <param name="Init">How a row that was given no value starts.</param>
/// <param name="Dense">Whether every slice touches every row (a dense weight); else only the rows of its examples.</param>
public sealed record TableSpec(string Name, string Group, int Rows, int Dimension, RowInit Init, bool Dense)
{
    /// <summary>Largest L2 norm that the model asks of a row; null: none. The group's optimizer may set another.</summary>
    public double? MaxNorm { get; init; }

    /// <summary>Whether the model never changes the table, whatever the freezing phases say (Kim's static channel).</summary>
    public bool AlwaysFrozen { get; init; }

    /// <summary>Rows that never change and stay as they start: the padding row. Null: none.</summary>
    public int? PaddingRow { get; init; }
}

/// <summary>How a row that was given no value starts. A function of (seed, table name, row) alone.</summary>
public abstract record RowInit
{
    /// <summary>All zero.</summary>
    public sealed record Zero : RowInit;

    /// <summary>Uniform in [-<paramref name="Range"/>, <paramref name="Range"/>), the first <paramref name="ZeroRows"/> rows zero.</summary>
    public sealed record Uniform(float Range, int ZeroRows = 0) : RowInit;

    /// <summary>The same row of another table of the same dimension, named earlier in the list: read through, stored only once it changes.</summary>
    public sealed record CopyOf(string Table) : RowInit;
}
