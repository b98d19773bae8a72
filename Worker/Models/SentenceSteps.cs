namespace DistEmbed.Worker.Models;

/// <summary>
/// Sentences of different lengths laid out so that they can be stepped through together: longest first (of equal ones the earlier), and for each position the
/// words that stand there one after the other. The sentences that still go on at a position are then the first ones of the position before, and no row is
/// padding. Sentences without words have no row.
/// </summary>
public sealed class SentenceSteps
{
    private readonly int[] _ranks;
    private readonly int[] _lengths;
    private readonly int[] _firsts;
    private readonly int[] _mirror;

    /// <summary>Lays out sentences of the given lengths.</summary>
    public SentenceSteps(ReadOnlySpan<int> lengths)
    {
        _lengths = lengths.ToArray();
        int[] byLength = [.. Enumerable.Range(0, _lengths.Length).OrderByDescending(sentence => _lengths[sentence])];
        _ranks = new int[_lengths.Length];
        for (int rank = 0; rank < byLength.Length; rank++)
            _ranks[byLength[rank]] = rank;
        _firsts = new int[(byLength.Length == 0 ? 0 : _lengths[byLength[0]]) + 1];
        int going = byLength.Length;
        for (int step = 0; step < Steps; step++)
        {
            while (_lengths[byLength[going - 1]] <= step)
                going--;
            _firsts[step + 1] = _firsts[step] + going;
        }

        _mirror = new int[Rows];
        for (int sentence = 0; sentence < _lengths.Length; sentence++)
        {
            for (int word = 0; word < _lengths[sentence]; word++)
                _mirror[RowOf(sentence, word)] = RowOf(sentence, _lengths[sentence] - 1 - word);
        }
    }

    /// <summary>Words of all sentences.</summary>
    public int Rows => _firsts[^1];

    /// <summary>Words of the longest sentence.</summary>
    public int Steps => _firsts.Length - 1;

    /// <summary>Number of sentences.</summary>
    public int Sentences => _lengths.Length;

    /// <summary>Words of a sentence.</summary>
    public int Length(int sentence) => _lengths[sentence];

    /// <summary>First row of a position.</summary>
    public int First(int step) => _firsts[step];

    /// <summary>Sentences that have a word at a position.</summary>
    public int Count(int step) => _firsts[step + 1] - _firsts[step];

    /// <summary>Row of a word.</summary>
    public int RowOf(int sentence, int word) => _firsts[word] + _ranks[sentence];

    /// <summary>Row of the word of the same sentence that is as far from its end as this row's is from its start.</summary>
    public int Mirror(int row) => _mirror[row];
}
