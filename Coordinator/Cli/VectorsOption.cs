using System.CommandLine;
using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Vectors;

namespace DistEmbed.Coordinator.Cli;

/// <summary>The option to use a run with other word vectors, such as <c>unseen --output</c> writes.</summary>
internal sealed class VectorsOption
{
    private readonly Option<string?> _vectors = new("--vectors")
    {
        Description = "Word vectors to use in place of the run's, and for words that its vocabulary lacks: words that the file does not have keep theirs. In any format that `vectors inspect` reads.",
        HelpName = "FILE",
    };

    /// <summary>Adds the option to a command.</summary>
    public void AddTo(Command command) => command.Options.Add(_vectors);

    /// <summary>What the user names; null: nothing.</summary>
    public string? FileOf(ParseResult parsed) => parsed.GetValue(_vectors);

    /// <summary>
    /// Has a run read the vectors that the user names, if any. The file that the run began with replaces nothing: tuned rows
    /// would be lost, and it is named because it lies elsewhere.
    /// </summary>
    /// <returns>The file and how many words have their vector from it; null: none is replaced.</returns>
    /// <exception cref="InvalidInputException">The file cannot be used.</exception>
    public (string File, int Words)? Replace(ParseResult parsed, TrainedRun run)
    {
        if (parsed.GetValue(_vectors) is not { } file)
            return null;
        if (!File.Exists(file))
            throw new InvalidInputException("--vectors", Directory.Exists(file) ? $"{file} is a folder, not a file." : $"There is no file {file}.", "Check the path.");
        if (run.BeganWith(file))
            return null;
        LoadedVectors loaded = VectorLoader.Load(file, run.Vocabulary, lowerCaseFallback: false);
        if (loaded.Dimension != run.Dimension)
            throw new InvalidInputException("--vectors", $"{file} has {loaded.Dimension} numbers a word, and the run has {run.Dimension}.", "Name a file of vectors for this run.");
        if (loaded.Rows.Length == 0)
            throw new InvalidInputException("--vectors", $"{file} has no word that the run knows.", "Name a file of vectors for this run.");
        run.ReplaceRows(Enumerable.Range(0, loaded.Rows.Length).ToDictionary(i => loaded.Rows[i], i => (ReadOnlyMemory<float>)loaded.Values.AsMemory(i * loaded.Dimension, loaded.Dimension)));
        return (file, loaded.Rows.Length);
    }
}
