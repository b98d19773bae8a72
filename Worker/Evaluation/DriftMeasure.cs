using System.Globalization;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Worker.Evaluation;

/// <summary>
/// Measures how far a table's rows are from their start, row by row: the table itself need not be in memory, only three numbers a word are kept. Rows may come in
/// any order; the report is the same to the bit.
/// </summary>
public sealed class DriftMeasure
{
    private readonly WordVocabulary _vocabulary;
    private readonly WordRowReader _first;
    private readonly Func<int, bool> _hasVector;
    private readonly float[] _start;
    private readonly bool[] _moved;
    private readonly double[] _cosine;
    private readonly double[] _distance;
    private readonly double[] _growth;

    /// <summary>Begins to measure.</summary>
    /// <param name="vocabulary">The words and their rows.</param>
    /// <param name="dimension">Numbers a row.</param>
    /// <param name="first">How rows started.</param>
    /// <param name="hasVector">Whether a row started with a pretrained vector.</param>
    public DriftMeasure(WordVocabulary vocabulary, int dimension, WordRowReader first, Func<int, bool> hasVector)
    {
        (_vocabulary, _first, _hasVector) = (vocabulary, first, hasVector);
        _start = new float[dimension];
        _moved = new bool[vocabulary.Rows];
        _cosine = new double[vocabulary.Rows];
        _distance = new double[vocabulary.Rows];
        _growth = new double[vocabulary.Rows];
        Array.Fill(_cosine, RowChange.None.Cosine);
        Array.Fill(_growth, RowChange.None.NormGrowth);
    }

    /// <summary>Measures all rows of a table.</summary>
    /// <param name="vocabulary">The words and their rows.</param>
    /// <param name="dimension">Numbers a row.</param>
    /// <param name="first">How rows started.</param>
    /// <param name="hasVector">Whether a row started with a pretrained vector.</param>
    /// <param name="now">The rows as they are.</param>
    /// <param name="classes">See <see cref="Classes"/>; null: none.</param>
    public static DriftMeasure Of(
        WordVocabulary vocabulary, int dimension, WordRowReader first, Func<int, bool> hasVector, WordRowScan now, IReadOnlyList<(string Name, Func<int, bool> Contains)>? classes = null)
    {
        var measure = new DriftMeasure(vocabulary, dimension, first, hasVector) { Classes = classes ?? [] };
        now(measure.Add);
        return measure;
    }

    /// <summary>Measures a row as it is now. One that never comes counts as not moved; padding and the row of unknown words do not count.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary has no such row.</exception>
    public void Add(int row, ReadOnlySpan<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, _vocabulary.Rows);
        if (row < WordVocabulary.FirstWordRow)
            return;
        _first(row, _start);
        (_moved[row], _cosine[row], _distance[row], _growth[row]) = RowChange.Of(_start, values);
    }

    /// <summary>One word.</summary>
    public DriftedWord Word(int row) => new(
        _vocabulary.Word(row), _vocabulary.Count(row), _hasVector(row), _moved[row], Finite(_cosine[row]), Finite(_distance[row]), Finite(_growth[row]));

    /// <summary>Classes of rows that the report shows beside its own: a name, and whether a row is of it.</summary>
    public IReadOnlyList<(string Name, Func<int, bool> Contains)> Classes { get; init; } = [];

    /// <summary>What was measured.</summary>
    /// <param name="table">Name of the table.</param>
    /// <param name="mostMoved">Words to name, at most.</param>
    public DriftReport Report(string table, int mostMoved)
    {
        int[] all = [.. Enumerable.Range(WordVocabulary.FirstWordRow, _vocabulary.Rows - WordVocabulary.FirstWordRow)];
        List<DriftClass> classes = [Class(DriftClass.All, all), Class(DriftClass.Pretrained, [.. all.Where(_hasVector)]), Class(DriftClass.NoVector, [.. all.Where(r => !_hasVector(r))])];
        // Words follow by falling count, so a row's place is its rank.
        for (long first = 1, last = 100; first <= all.Length; (first, last) = (last + 1, last * 10))
            classes.Add(Class(string.Create(CultureInfo.InvariantCulture, $"rank {first}-{last}"), all[(int)(first - 1)..(int)Math.Min(last, all.Length)]));
        classes.AddRange(Classes.Select(c => Class(c.Name, [.. all.Where(c.Contains)])));
        IEnumerable<int> most = all.Where(r => _moved[r]).OrderByDescending(r => Finite(_distance[r]) ?? double.NegativeInfinity).ThenBy(r => r).Take(mostMoved);
        return new DriftReport(table, [.. classes.Where(c => c.Rows > 0)], [.. most.Select(Word)]);
    }

    /// <summary>
    /// The words whose direction changed most, since direction decides who is near: of the <paramref name="among"/> most frequent words those that had a pretrained
    /// vector and moved, lowest cosine first, of equal ones the more frequent first.
    /// </summary>
    /// <returns>Their rows, at most <paramref name="count"/>.</returns>
    public IReadOnlyList<int> MostTurned(int count, int among) =>
    [
        .. Enumerable.Range(WordVocabulary.FirstWordRow, Math.Min(among, _vocabulary.Rows - WordVocabulary.FirstWordRow))
            .Where(r => _moved[r] && _hasVector(r) && double.IsFinite(_cosine[r])).OrderBy(r => _cosine[r]).ThenBy(r => r).Take(count),
    ];

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private DriftClass Class(string name, int[] rows) => new(
        name, rows.Length, rows.Count(r => _moved[r]),
        DriftHistogram.Of(DriftHistogram.CosineEdges, rows.Select(r => _cosine[r])),
        DriftHistogram.Of(DriftHistogram.DistanceEdges, rows.Select(r => _distance[r])),
        DriftHistogram.Of(DriftHistogram.NormGrowthEdges, rows.Select(r => _growth[r])));
}
