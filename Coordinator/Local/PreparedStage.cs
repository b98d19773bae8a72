using DistEmbed.Coordinator.Reports;
using DistEmbed.Coordinator.Run;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Measures;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;

namespace DistEmbed.Coordinator.Local;

/// <summary>Everything of a stage that is decided before training starts: data, vectors, tables, steps, phases.</summary>
public sealed record PreparedStage
{
    /// <summary>The job.</summary>
    public required JobSpec Job { get; init; }

    /// <summary>Vocabulary and encoded examples.</summary>
    public required PreparedData Data { get; init; }

    /// <summary>Vectors of the vocabulary's words; null where none are given.</summary>
    public required LoadedVectors? Vectors { get; init; }

    /// <summary>Shape of the model.</summary>
    public required ModelShape Shape { get; init; }

    /// <summary>The tables.</summary>
    public required IReadOnlyList<TableSpec> Tables { get; init; }

    /// <summary>What the model is judged by.</summary>
    public required MeasureSet Measures { get; init; }

    /// <summary>Which examples make which slice.</summary>
    public required IBatchPlan Batches { get; init; }

    /// <summary>The freezing phases.</summary>
    public required FreezePlan Freeze { get; init; }

    /// <summary>Which row selectors of the job meet which rows; null where it has none.</summary>
    public required RowClasses? Classes { get; init; }

    /// <summary>Words that the job's selectors name and the vocabulary does not have.</summary>
    public required IReadOnlyList<string> UnknownWords { get; init; }

    /// <summary>The facts that outlive the process.</summary>
    public required StageFacts Facts { get; init; }

    /// <summary>Rows that start with a given vector.</summary>
    public IReadOnlyList<SeedRows> Seeds => SeedsOf(Tables, Vectors);

    /// <summary>Reads data and vectors and resolves everything else.</summary>
    /// <param name="job">A valid job.</param>
    /// <param name="vectorsOfStage">Path of the vectors that an earlier stage trained, by its name.</param>
    /// <exception cref="InvalidInputException">Data or vectors cannot be used.</exception>
    public static PreparedStage Of(JobSpec job, Func<string, string> vectorsOfStage) =>
        Of(job, DataPreparation.Prepare(job.Data, job.Seed, VectorWordsOf(job, vectorsOfStage)), vectorsOfStage);

    /// <summary>Reads vectors and resolves everything else, for data that are prepared already.</summary>
    /// <param name="job">A valid job.</param>
    /// <param name="data">Its data.</param>
    /// <param name="vectorsOfStage">Path of the vectors that an earlier stage trained, by its name.</param>
    /// <exception cref="InvalidInputException">Vectors or an optimizer cannot be used.</exception>
    public static PreparedStage Of(JobSpec job, PreparedData data, Func<string, string> vectorsOfStage) =>
        Of(job, data, LoadVectors(job, data.Vocabulary, vectorsOfStage));

    /// <summary>Resolves everything else, for data and vectors that are there.</summary>
    /// <param name="job">A valid job.</param>
    /// <param name="data">Its data.</param>
    /// <param name="vectors">Its vectors; null where it names none.</param>
    /// <exception cref="InvalidInputException">An optimizer cannot be used.</exception>
    public static PreparedStage Of(JobSpec job, PreparedData data, LoadedVectors? vectors)
    {
        int dimension = vectors?.Dimension ?? job.Vectors.Dimension!.Value;
        float? range = RangeOf(job.Vectors, vectors);
        var shape = new ModelShape(data.Vocabulary, data.Labels.Count, dimension, range) { Symbols = data.Symbols.Count, ModelPath = job.ModelPath };
        IBatchPlan batches = BatchPlans.Of(job, data);
        int totalSteps = job.Training.Steps ?? checked(job.Training.Epochs!.Value * batches.StepsPerEpoch);
        FreezePlan freeze = FreezePlan.Resolve(job, batches.StepsPerEpoch, totalSteps);
        RowClasses? classes = RowSelectors.Resolve(job, data.Vocabulary, row => vectors is not null && Array.BinarySearch(vectors.Rows, row) >= 0);
        using IEmbeddingModel model = ModelCatalog.Create(job.Model, shape);
        // What an optimizer cannot do with a table's bound shows here, not in a shard when everything runs.
        IReadOnlyList<TablePlan> plans = TablePlan.Of(job, model.Tables, freeze, classes);
        foreach (TablePlan plan in plans)
            RowKinds.Of(plan);
        VectorFindings.RefuseUseless(job, data.Vocabulary, vectors, plans);
        if (!plans.Any(plan => plan.IsChangeable))
            throw new InvalidInputException("phases", "nothing is left to train: no selector of a rule that tunes rows meets any, and everything else is frozen for the whole run.", "`distembed plan` shows the rows of each rule.");
        return new PreparedStage
        {
            Job = job,
            Data = data,
            Vectors = vectors,
            Shape = shape,
            Tables = model.Tables,
            Measures = model.Measures,
            Batches = batches,
            Freeze = freeze,
            Classes = classes,
            UnknownWords = RowSelectors.Unknown(job, data.Vocabulary),
            Facts = new StageFacts(StageFacts.FingerprintOf(data), data.Labels, batches.StepsPerEpoch, totalSteps, dimension, range) { Symbols = data.Symbols, Examples = StageFacts.ExamplesOf(data), RowClasses = StageFacts.NameOf(classes) },
        };
    }

    /// <summary>Writes the prepared data as the file that nodes of a cluster fetch.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void WriteData(string path) => PreparedDataFile.Write(path, Data);

    /// <summary>Rows that start with a given vector.</summary>
    public static IReadOnlyList<SeedRows> SeedsOf(IReadOnlyList<TableSpec> tables, LoadedVectors? vectors) =>
        [.. StartsOf(tables, vectors).Select(start => new SeedRows(start.Table, start.Vectors.Dimension, start.Vectors.Rows, start.Vectors.Values))];

    /// <summary>The tables whose rows start with given vectors, and those: the embedding, or the table that it is a copy of where it is one; and the output vectors.</summary>
    public static IReadOnlyList<(int Table, LoadedVectors Vectors)> StartsOf(IReadOnlyList<TableSpec> tables, LoadedVectors? vectors)
    {
        if (vectors is null)
            return [];
        int embedding = IndexOf(tables, "embedding");
        if (tables[embedding].Init is RowInit.CopyOf copy)
            embedding = IndexOf(tables, copy.Table);
        return vectors.Context is { } context ? [(embedding, vectors), (IndexOf(tables, "context"), context)] : [(embedding, vectors)];
    }

    /// <summary>Loads the vectors that a job names; null where it names none.</summary>
    /// <exception cref="InvalidInputException">A file cannot be used.</exception>
    public static LoadedVectors? LoadVectors(JobSpec job, WordVocabulary vocabulary, Func<string, string> vectorsOfStage)
    {
        VectorsSpec spec = job.Vectors;
        if (spec.File is null)
            return null;
        string path = spec.StageName is { } stage ? vectorsOfStage(stage) : VectorPath(job, "vectors.file", spec.File);
        // Words of a stage come from its vocabulary: the layout of its vectors cannot hold every word.
        string folder = Path.GetDirectoryName(path)!;
        WordVocabulary? written = spec.StageName is null ? null : VocabularyFile.Read(Path.Combine(folder, RunDirectory.VocabularyName));
        LoadedVectors vectors = VectorLoader.Load(path, vocabulary, spec.LowerCaseFallback, spec.Dimension, written);
        if (spec.ContextFile is not { } file)
            return vectors;
        bool ofStage = file == spec.File && written is not null;
        string contextPath = ofStage ? Path.Combine(folder, TrainingJob.ContextFileName) : VectorPath(job, "vectors.contextFile", file);
        LoadedVectors context = VectorLoader.Load(
            contextPath, vocabulary, spec.LowerCaseFallback, written: ofStage ? written : null);
        return context.Dimension == vectors.Dimension
            ? vectors with { Context = context }
            : throw new InvalidInputException(contextPath, $"The vectors have {context.Dimension} numbers each, but those of {path} have {vectors.Dimension}.",
                "Let vectors.file and vectors.contextFile name two files of the same run.");
    }

    /// <summary>Which words have a vector in the file that a job names; null where it names none. A pass over the file for each question.</summary>
    /// <param name="job">The job.</param>
    /// <param name="vectorsOfStage">Path of the vectors that an earlier stage trained, by its name; null: the job names a file.</param>
    public static VectorWords? VectorWordsOf(JobSpec job, Func<string, string>? vectorsOfStage = null)
    {
        if (job.Vectors is not { File: { } file } spec)
            return null;
        return words =>
        {
            string path = spec.StageName is { } stage ? vectorsOfStage!(stage) : VectorPath(job, "vectors.file", file);
            var wanted = new WordVocabulary(words, new long[words.Count]);
            return VectorLoader.Load(path, wanted, spec.LowerCaseFallback, spec.Dimension).Rows.Select(wanted.Word);
        };
    }

    /// <summary>Looks for the vector files that a job names.</summary>
    /// <exception cref="InvalidInputException">One is not there.</exception>
    public static void CheckVectorFiles(JobSpec job)
    {
        if (job.Vectors is not { File: { } file, StageName: null } vectors)
            return;
        VectorPath(job, "vectors.file", file);
        if (vectors.ContextFile is { } context)
            VectorPath(job, "vectors.contextFile", context);
    }

    private static string VectorPath(JobSpec job, string setting, string file)
    {
        string path = job.Data.PathOf(file);
        if (!File.Exists(path))
        {
            throw new InvalidInputException(setting, Directory.Exists(path) ? $"{path} is a folder, not a file." : $"There is no file {path}.",
                job.Data.Root is { } root
                    ? $"Check the path; a relative one starts from data.root, which is '{root}'."
                    : "Check the path; data.root is not set, so a relative one starts from the current folder.");
        }

        return path;
    }

    /// <summary>Index of a table by its name.</summary>
    public static int IndexOf(IReadOnlyList<TableSpec> tables, string name)
    {
        for (int i = 0; i < tables.Count; i++)
        {
            if (tables[i].Name == name)
                return i;
        }

        throw new ArgumentException($"no table '{name}'", nameof(name));
    }

    private static float? RangeOf(VectorsSpec spec, LoadedVectors? vectors) => spec.Missing switch
    {
        MissingRows.Zero => 0,
        MissingRows.Variance when vectors is not null => (float)vectors.Report.UniformHalfWidth,
        _ => spec.Range,
    };
}
