using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Local;

/// <summary>
/// How the rows of a table of word vectors started: with a vector of the file, or with the value that is a function of seed, table and row. Keeps no copy: vectors are
/// read where they were loaded. Any thread may use it.
/// </summary>
public sealed class FirstRows
{
    private readonly RowInitializer _initializer;
    private readonly LoadedVectors? _vectors;

    /// <summary>Names a table.</summary>
    /// <param name="tables">The model's tables.</param>
    /// <param name="table">Name of the table.</param>
    /// <param name="vectors">The vectors that the job starts from; null: none.</param>
    /// <param name="seed">Seed of the job.</param>
    public FirstRows(IReadOnlyList<TableSpec> tables, string table, LoadedVectors? vectors, ulong seed)
    {
        Table = tables[PreparedStage.IndexOf(tables, table)];
        int source = PreparedStage.IndexOf(tables, Table.Init is RowInit.CopyOf copy ? copy.Table : table);
        _initializer = new RowInitializer(tables[source], seed);
        _vectors = PreparedStage.StartsOf(tables, vectors).FirstOrDefault(start => start.Table == source).Vectors;
    }

    /// <summary>The table.</summary>
    public TableSpec Table { get; }

    /// <summary>Whether rows can drift: some started with a given vector, and the model may change them.</summary>
    public bool Drifts => _vectors is not null && !Table.AlwaysFrozen;

    /// <summary>Whether a row started with a given vector.</summary>
    public bool HasVector(int row) => _vectors is { } vectors && Array.BinarySearch(vectors.Rows, row) >= 0;

    /// <summary>Copies the first value of a row.</summary>
    public void Read(int row, Span<float> values)
    {
        if (row == Table.PaddingRow)
            values.Clear();
        else if (_vectors is { } vectors && Array.BinarySearch(vectors.Rows, row) is >= 0 and int place)
            vectors.Values.AsSpan(place * vectors.Dimension, vectors.Dimension).CopyTo(values);
        else
            _initializer.Fill(row, values);
    }

    /// <summary>Hands the first value of every word's row to a visitor.</summary>
    public void Scan(WordRowVisitor visitor)
    {
        var values = new float[Table.Dimension];
        for (int row = WordVocabulary.FirstWordRow; row < Table.Rows; row++)
        {
            Read(row, values);
            visitor(row, values);
        }
    }
}
