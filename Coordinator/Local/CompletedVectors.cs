using System.Globalization;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Local;

/// <summary>
/// A vector file with what a run trained in the place of its words: all entries in their order, those of words that the
/// run knows with its vectors, and behind them the run's words
/// that the file lacks. Memory follows the run's vocabulary, not the file.
/// </summary>
public sealed class CompletedVectors
{
    private readonly string _file;
    private readonly VectorFormat? _format;
    private readonly WordVectors _trained;
    private readonly List<int> _added = [];
    private readonly LeftOutWords? _leftOut;
    private readonly long _rejected;
    private readonly long _entries;

    private CompletedVectors(string file, VectorFormat? format, WordVectors trained)
    {
        (_file, _format, _trained) = (file, format, trained);
        _leftOut = format is { } layout ? new LeftOutWords(layout) : null;
        var seen = new bool[trained.Vocabulary.Rows];
        long entries = 0;
        VectorReadCounts counts = VectorFile.Read(file, (word, _) =>
        {
            if (_leftOut?.Takes(word, []) == false)
                return;
            entries++;
            if (trained.Vocabulary.TryRowOf(word, out int row))
            {
                InPlace += seen[row] ? 0 : 1;
                seen[row] = true;
            }
        });
        if (counts.Info.Dimension != trained.Dimension)
        {
            throw new InvalidInputException(
                file, $"has {counts.Info.Dimension} numbers a word, and the run has {trained.Dimension}.",
                "Name the vector file that the run started from.");
        }

        _rejected = counts.Rejected;
        _entries = entries;
        for (int row = WordVocabulary.FirstWordRow; row < seen.Length; row++)
        {
            if (!seen[row] && _leftOut?.Takes(trained.Vocabulary.Word(row), []) != false)
                _added.Add(row);
        }
    }

    /// <summary>Entries that are written.</summary>
    public long Count => _entries + _added.Count;

    /// <summary>Words of the file that have the run's vector.</summary>
    public int InPlace { get; private set; }

    /// <summary>Words of the run that the file lacks.</summary>
    public int Added => _added.Count;

    /// <summary>Looks at the file, without keeping anything of it.</summary>
    /// <param name="run">The run.</param>
    /// <param name="file">The file; null: the one that the stage starts from.</param>
    /// <param name="format">The format to write; null: one that holds any word.</param>
    /// <exception cref="InvalidInputException">
    /// There is none, it cannot be used, or the run's vectors are no rows of one table.
    /// </exception>
    public static CompletedVectors Of(TrainedRun run, string? file, VectorFormat? format)
    {
        if (run.Job.Model.VectorTables.Count > 1)
        {
            string tables = string.Join(" and ", run.Job.Model.VectorTables);
            throw new InvalidInputException(
                "--all", $"a word's vector of stage '{run.Stage}' is the sum of its rows in {tables}, which words outside the data do not have.", "Leave it out.");
        }

        string path = file ?? run.VectorFile ?? throw new InvalidInputException(
            "--all", $"stage '{run.Stage}' starts from no vector file.", "Leave it out, or name one with --vectors.");
        if (!File.Exists(path))
        {
            throw new InvalidInputException(
                "--all", $"There is no file {path}.", "Put the run's vector file back, or name a copy of it with --vectors.");
        }

        return new CompletedVectors(path, format, run.ReadVectors());
    }

    /// <summary>The entries, read once.</summary>
    public IEnumerable<(string Word, ReadOnlyMemory<float> Vector)> Entries()
    {
        foreach ((string word, ReadOnlyMemory<float> vector) in VectorEntries.Of(_file, Fits, _entries))
            yield return (word, _trained.Vocabulary.TryRowOf(word, out int row) ? _trained.Vector(row) : vector);
        foreach (int row in _added)
            yield return (_trained.Vocabulary.Word(row), _trained.Vector(row));
    }

    /// <summary>How often the training data have a word.</summary>
    public long CountOf(string word) =>
        _trained.Vocabulary.TryRowOf(word, out int row) ? _trained.Vocabulary.Count(row) : 0;

    /// <summary>Lines about words and entries that are left out.</summary>
    public IEnumerable<string> Notes()
    {
        if (_rejected > 0)
            yield return string.Create(CultureInfo.InvariantCulture, $"{_rejected:N0} entries of {_file} are left out, which cannot be read");
        foreach (string note in _leftOut?.Notes() ?? [])
            yield return note;
    }

    private bool Fits(string word) => _format is not { } format || VectorWriter.WhyNot(format, word) is null;
}
