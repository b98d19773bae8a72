using System.Globalization;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Coordinator.Local;

/// <summary>
/// Words of new text that the vocabulary of a run lacks: those that a vector file has take their vector from it,
/// composed as in training (case fallback), the others are unknown.
/// A file is read once for the words of all lines that are asked for together, and no more of it is kept than these
/// words' vectors.
/// </summary>
/// <param name="run">The run, which gets the words.</param>
/// <param name="given">A file that the user names, which goes first; null: none.</param>
public sealed class OutsideWords(TrainedRun run, string? given = null)
{
    /// <summary>Chunks that are waited for at most before a file is read.</summary>
    private const int MostAhead = 64;

    private readonly Lazy<(string[] Files, InputError? Problem)> _source = new(() => SourceOf(run, given));
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _used = new(StringComparer.Ordinal);

    /// <summary>Tokens of the text so far.</summary>
    public long Tokens { get; private set; }

    /// <summary>Of these the ones whose word the vocabulary lacks and a file has.</summary>
    public long FromFile { get; private set; }

    /// <summary>Of these the ones whose word nothing has a vector for.</summary>
    public long Unknown { get; private set; }

    /// <summary>Gives the run what words of some text lack.</summary>
    /// <param name="counts">The words of the text, and how often they are there.</param>
    /// <returns>The vocabulary to encode the text with.</returns>
    /// <exception cref="InvalidInputException">A file cannot be used.</exception>
    public WordVocabulary Cover(IEnumerable<KeyValuePair<string, long>> counts)
    {
        var outside = new List<KeyValuePair<string, long>>();
        foreach (KeyValuePair<string, long> count in counts.Where(c => c.Value > 0))
        {
            Tokens += count.Value;
            if (!run.Vocabulary.TryRowOf(count.Key, out _))
                outside.Add(count);
        }

        string[] lacking = [.. outside.Select(c => c.Key).Where(_asked.Add)];
        if (lacking.Length > 0)
        {
            foreach (string file in _source.Value.Files)
                lacking = Add(file, lacking);
        }

        long found = outside.Where(c => run.AllWords.TryRowOf(c.Key, out _)).Sum(c => c.Value);
        FromFile += found;
        Unknown += outside.Sum(c => c.Value) - found;
        return run.AllWords;
    }

    /// <summary>
    /// Chunks of lines as they come, their words covered. Reads ahead, ever further up to a bound, so that long text
    /// costs few passes over a file; the first chunk does not wait.
    /// </summary>
    /// <param name="chunks">The chunks.</param>
    /// <param name="readsAhead">False: every chunk is answered before the next is read.</param>
    public IEnumerable<string[]> Cover(IEnumerable<string[]> chunks, bool readsAhead)
    {
        var encoder = new LineEncoder(run.Job.Data, run.Vocabulary);
        var waiting = new List<string[]>();
        int ahead = 1;
        foreach (string[] chunk in chunks)
        {
            waiting.Add(chunk);
            if (waiting.Count < ahead)
                continue;
            CoverLines(waiting, encoder);
            foreach (string[] covered in waiting)
                yield return covered;
            waiting.Clear();
            ahead = readsAhead ? Math.Min(2 * ahead, MostAhead) : 1;
        }

        CoverLines(waiting, encoder);
        foreach (string[] covered in waiting)
            yield return covered;
    }

    /// <summary>What the user should know: one line; null: every word of the text was known.</summary>
    public string? Note()
    {
        if (Unknown == 0 && FromFile == 0)
            return null;
        string note = string.Create(CultureInfo.InvariantCulture, $"note: {Unknown:N0} of {Tokens:N0} tokens are unknown");
        if (FromFile > 0)
        {
            string files = string.Join(" and ", _used);
            note += string.Create(CultureInfo.InvariantCulture, $"; {FromFile:N0} that the training data lack have their vector from {files}");
        }

        if (Unknown > 0)
            note += Advice();
        return note;
    }

    /// <summary>The files in order, and what is wrong with the run's own. A file that the user names may be it.</summary>
    private static (string[] Files, InputError? Problem) SourceOf(TrainedRun run, string? given)
    {
        if (given is not null && run.BeganWith(given))
            return ([given], null);
        InputError? problem = run.VectorFileProblem();
        string?[] files = [given, problem is null ? run.VectorFile : null];
        return ([.. files.OfType<string>().Select(Path.GetFullPath).Distinct()], problem);
    }

    private string Advice() => _source.Value switch
    {
        { Problem: { } problem } => $"; {problem.Where} {problem.What.TrimEnd('.')}. {problem.Fix}",
        { Files.Length: 0 } => "; the run starts from no vector file",
        _ => "",
    };

    private void CoverLines(IEnumerable<string[]> chunks, LineEncoder encoder)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (string token in chunks.SelectMany(lines => lines).SelectMany(encoder.Tokens))
            counts[token] = counts.GetValueOrDefault(token) + 1;
        Cover(counts);
    }

    /// <summary>Takes what a file has; returns the words that it lacks.</summary>
    private string[] Add(string file, string[] words)
    {
        if (words.Length == 0)
            return words;
        var wanted = new WordVocabulary(words, new long[words.Length]);
        LoadedVectors found = VectorLoader.Load(file, wanted, run.Job.Vectors.LowerCaseFallback, run.Dimension);
        run.AddWords(wanted, found);
        if (found.Rows.Length > 0)
            _used.Add(file);
        return [.. words.Where(word => !run.AllWords.TryRowOf(word, out _))];
    }
}
