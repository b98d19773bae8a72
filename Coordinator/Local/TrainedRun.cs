using DistEmbed.Coordinator.Reports;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Checkpoints;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Measures;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Rows;
using DistEmbed.Protocol.Sharding;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Corpus.Trees;
using DistEmbed.Worker.Evaluation;
using DistEmbed.Worker.Evaluation.Intrinsic;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Models.Trees;
using DistEmbed.Worker.Training;

namespace DistEmbed.Coordinator.Local;

/// <summary>
/// What a stage trained, read from its run directory: rows of any table as of a checkpoint, predictions, vectors. Needs neither the training data nor actors.
/// </summary>
public sealed class TrainedRun : IDisposable
{
    private readonly ShardStore _store;
    private readonly IEmbeddingModel _model;
    private readonly StageFacts _facts;
    private readonly int _embedding;
    private IReadOnlyDictionary<int, ReadOnlyMemory<float>> _replaced = new Dictionary<int, ReadOnlyMemory<float>>();

    private TrainedRun(RunDirectory directory, JobStage stage, StageFacts facts, WordVocabulary vocabulary, int step)
    {
        JobSpec job = stage.Spec;
        Directory = directory;
        Job = job;
        Stage = stage.Name;
        Vocabulary = vocabulary;
        Step = step;
        _facts = facts;
        if (job.Model.UsesTorch)
            TorchRuntime.Configure(job.Training.InstructionSet, job.Training.TorchThreads);
        _model = ModelCatalog.Create(job.Model, new ModelShape(vocabulary, facts.Labels.Count, facts.Dimension, facts.EmbeddingRange) { Symbols = facts.Symbols.Count, ModelPath = job.ModelPath });
        _embedding = PreparedStage.IndexOf(_model.Tables, "embedding");
        FreezePlan freeze = FreezePlan.Resolve(job, facts.StepsPerEpoch, facts.TotalSteps);
        Classes = facts.ReadClasses(directory);
        Plans = TablePlan.Of(job, _model.Tables, freeze, Classes);
        _store = new ShardStore(0, ShardMap.Even(1), Plans, job.Training, job.Seed);
    }

    /// <summary>Where it lies.</summary>
    public RunDirectory Directory { get; }

    /// <summary>The job.</summary>
    public JobSpec Job { get; }

    /// <summary>Name of the stage; of a job without stages the job's own.</summary>
    public string Stage { get; }

    /// <summary>The fingerprint of the data it was trained on, see <see cref="StageFacts.FingerprintOf"/>.</summary>
    public string DataFingerprint => _facts.DataFingerprint;

    /// <summary>Words and their rows.</summary>
    public WordVocabulary Vocabulary { get; }

    /// <summary>Which row selectors of the job meet which rows; null where it has none.</summary>
    public RowClasses? Classes { get; }

    /// <summary>Names of the labels; empty for text without labels.</summary>
    public IReadOnlyList<string> Labels => _facts.Labels;

    /// <summary>Names of what annotations refer to beside the labels.</summary>
    public IReadOnlyList<string> Symbols => _facts.Symbols;

    /// <summary>What the model is judged by.</summary>
    public MeasureSet Measures => _model.Measures;

    /// <summary>Whether the model gives each example the probabilities of its labels.</summary>
    public bool IsClassifier => Job.Model.NeedsLabels && _model.IsClassifier;

    /// <summary>Whether its model gives each token a tag.</summary>
    public bool IsTagger => Job.Model is TaggerSpec;

    /// <summary>Whether its model gives each token a head and a relation.</summary>
    public bool IsParser => Job.Model is ParserSpec;

    /// <summary>Whether the model predicts a score for each pair of sentences.</summary>
    public bool IsPairScorer => Job.Model is TreeLstmPairsSpec;

    /// <summary>Numbers a word vector.</summary>
    public int Dimension => _facts.Dimension;

    /// <summary>The step whose state this is; 0: before training.</summary>
    public int Step { get; }

    /// <summary>The tables with their rules.</summary>
    public IReadOnlyList<TablePlan> Plans { get; }

    /// <summary>Opens what a run trained: of several stages the last, unless one is named.</summary>
    /// <param name="path">The run directory, or the directory of a stage.</param>
    /// <param name="stage">Name of the stage; null: the last.</param>
    /// <param name="step">A checkpoint's step; null: the best weights on dev, or the newest where none were kept.</param>
    /// <exception cref="InvalidInputException">There is no such run, stage or checkpoint, or it is damaged.</exception>
    public static TrainedRun Open(string path, string? stage = null, int? step = null)
    {
        RunDirectory directory = DirectoryOf(path, stage, out JobStage chosen);
        CheckpointEntry entry = step is { } given ? directory.Checkpoints.Get(given) : BestOf(directory, chosen.Spec);
        return At(directory, chosen, entry);
    }

    /// <summary>Opens a run as it was before training: pretrained vectors and first values.</summary>
    /// <param name="path">The run directory, or the directory of a stage.</param>
    /// <param name="stage">Name of the stage; null: the last.</param>
    /// <exception cref="InvalidInputException">There is no such run or stage, or its vector file is gone.</exception>
    public static TrainedRun OpenInitial(string path, string? stage = null)
    {
        RunDirectory directory = DirectoryOf(path, stage, out JobStage chosen);
        var run = new TrainedRun(directory, chosen, StageFacts.Read(directory.Path), VocabularyFile.Read(directory.VocabularyPath), 0);
        try
        {
            LoadedVectors? vectors = LoadVectors(directory, run.Job, run.Vocabulary);
            foreach (AssignRows assign in PreparedStage.SeedsOf(run._model.Tables, vectors).SelectMany(s => s.Blocks(ShardMap.Even(1))).Select(b => b.Message))
                run._store.Assign(assign);
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>Copies rows first .. first + count - 1 of a table, with what they owe for steps that did not touch them.</summary>
    public float[] ReadRows(string table, int first, int count)
    {
        int index = PreparedStage.IndexOf(_model.Tables, table), dimension = _model.Tables[index].Dimension;
        var values = new float[checked(count * dimension)];
        for (int i = 0; i < count; i++)
            Read(index, first + i, values.AsSpan(i * dimension, dimension));
        return values;
    }

    /// <summary>Reads some rows of the embedding from here on as other vectors; its checkpoints stay as they are. What was replaced before is as it was.</summary>
    /// <param name="vectors">Vectors by row.</param>
    /// <exception cref="ArgumentException">A vector has another length than a row.</exception>
    public void ReplaceRows(IReadOnlyDictionary<int, ReadOnlyMemory<float>> vectors)
    {
        if (vectors.Values.Any(v => v.Length != Dimension))
            throw new ArgumentException($"a vector that does not have {Dimension} numbers", nameof(vectors));
        _replaced = vectors;
    }

    /// <summary>How the stage's rows started, with the pretrained vectors read again.</summary>
    /// <exception cref="InvalidInputException">The vector file is gone, or has another dimension now.</exception>
    public StageRows ReadStart()
    {
        LoadedVectors? vectors = LoadVectors(Directory, Job, Vocabulary);
        if (vectors is not null && vectors.Dimension != _facts.Dimension)
            throw new InvalidInputException("vectors.file", $"has {vectors.Dimension} numbers a word now, the run was trained with {_facts.Dimension}.", "Put the file back as it was.");
        return new StageRows(Job, _model.Tables, _facts, Vocabulary, vectors, Classes);
    }

    /// <summary>The data that it was trained on, prepared again.</summary>
    /// <param name="fix">What to do where they are others now.</param>
    /// <exception cref="InvalidInputException">They cannot be read, or differ.</exception>
    public PreparedData ReadData(string fix = "Put the data back as they were.")
    {
        PreparedData data = DataPreparation.Prepare(Job.Data, Job.Seed);
        return StageFacts.FingerprintOf(data) == DataFingerprint ? data
            : throw new InvalidInputException(Directory.Path, "was trained on other data than the job names now: words, labels or examples differ.", fix);
    }

    /// <summary>Hands every word's row of a table of word vectors to a visitor, with what it owes.</summary>
    public WordRowScan ScanOf(string table) => visitor =>
    {
        int index = PreparedStage.IndexOf(_model.Tables, table);
        var values = new float[_model.Tables[index].Dimension];
        for (int row = WordVocabulary.FirstWordRow; row < Vocabulary.Rows; row++)
        {
            Read(index, row, values);
            visitor(row, values);
        }
    };

    /// <summary>Hands every word's vector to a visitor: the sum of its rows where the model has it so.</summary>
    public WordRowScan ScanVectors() => SummedRows.Of(Vocabulary.Rows, Dimension, [.. Job.Model.VectorTables.Select(ScanOf)]);

    /// <summary>The word vectors of all rows of the vocabulary: the sum of a word's rows where the model has it so.</summary>
    public WordVectors ReadVectors()
    {
        float[] sum = ReadRows(Job.Model.VectorTables[0], 0, Vocabulary.Rows);
        foreach (string table in Job.Model.VectorTables.Skip(1))
            SummedRows.Add(sum, ReadRows(table, 0, Vocabulary.Rows));
        return new WordVectors(Vocabulary, _facts.Dimension, sum);
    }

    /// <summary>The rows of one table of words: all of the vocabulary.</summary>
    public WordVectors ReadVectors(string table) => new(Vocabulary, _facts.Dimension, ReadRows(table, 0, Vocabulary.Rows));

    /// <summary>Class probabilities of each example of a classifier, [examples x labels].</summary>
    public float[] Predict(ExampleSet data)
    {
        var probabilities = new float[data.Count * Labels.Count];
        for (int first = 0; first < data.Count; first += EvaluateChunks.ChunkSize)
        {
            Slice slice = ChunkOf(data, first);
            PredictChunk(slice).Predictions.AsSpan(0, slice.Examples.Length * Labels.Count).CopyTo(probabilities.AsSpan(first * Labels.Count));
        }

        return probabilities;
    }

    /// <summary>The tags that a tagger gives to the tokens of each example.</summary>
    /// <exception cref="InvalidOperationException">The model is no tagger.</exception>
    public IReadOnlyList<int[]> Tag(ExampleSet data)
    {
        if (!IsTagger)
            throw new InvalidOperationException($"stage '{Stage}' has no tagger");
        return PredictTokens(data, numbers: 1);
    }

    /// <summary>The heads and relations that a parser gives to the tokens of each example.</summary>
    /// <exception cref="InvalidOperationException">The model is no parser.</exception>
    public IReadOnlyList<(int[] Heads, int[] Relations)> Parse(ExampleSet data)
    {
        if (!IsParser)
            throw new InvalidOperationException($"stage '{Stage}' has no parser");
        return [.. PredictTokens(data, numbers: 2).Select(pairs => (pairs.Where((_, i) => i % 2 == 0).ToArray(), pairs.Where((_, i) => i % 2 == 1).ToArray()))];
    }

    /// <summary>Measures and loss on examples, to the bit as training reports them.</summary>
    public PartResult Evaluate(ExampleSet data) => Sum(data, Measures, slice =>
    {
        (PreparedSlice prepared, float[] predictions) = PredictChunk(slice);
        return _model.Score(prepared, predictions);
    });

    /// <summary>As <see cref="Evaluate"/>, with the correlations of predicted and given scores, in one pass over the pairs: ranks are no sums over chunks, so they are no measures.</summary>
    /// <exception cref="InvalidOperationException">The model scores no pairs.</exception>
    public (PartResult Result, RankCorrelation Correlation) EvaluatePairs(ExampleSet data)
    {
        if (!IsPairScorer)
            throw new InvalidOperationException($"stage '{Stage}' scores no pairs");
        var predicted = new List<double>(data.Count);
        PartResult result = Sum(data, Measures, slice =>
        {
            (PreparedSlice prepared, float[] predictions) = PredictChunk(slice);
            for (int pair = 0; pair < slice.Examples.Length; pair++)
                predicted.Add(PairScore.Expected(predictions.AsSpan(pair * Labels.Count, Labels.Count)));
            return _model.Score(prepared, predictions);
        });
        return (result, RankCorrelation.Of(predicted, [.. Enumerable.Range(0, data.Count).Select(pair => (double)TreePair.ScoreOf(data.Annotations(pair)))]));
    }

    /// <summary>Accuracy and loss of what <see cref="Predict"/> of a classifier gave for the same examples.</summary>
    public PartResult Score(ExampleSet data, float[] probabilities) => Sum(data, MeasureSet.Accuracy, slice => ClassifierScore.Of(
        slice, probabilities.AsSpan(slice.Examples.Span[0] * Labels.Count, slice.Examples.Length * Labels.Count)));

    /// <inheritdoc/>
    public void Dispose()
    {
        _model.Dispose();
        _store.Dispose();
    }

    private static LoadedVectors? LoadVectors(RunDirectory directory, JobSpec job, WordVocabulary vocabulary) =>
        PreparedStage.LoadVectors(job, vocabulary, name => Path.Combine(directory.Path, "..", name, TrainingJob.VectorsFileName));

    private static RunDirectory DirectoryOf(string path, string? stage, out JobStage chosen)
    {
        // A stage that starts from the vectors of another makes sense within its run only, so the directory of a stage is looked at from there.
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (stage is null && Path.GetDirectoryName(full) is { } stages && Path.GetFileName(stages) == "stages" && File.Exists(Path.Combine(stages, "..", "job.json")))
            (path, stage) = (Path.Combine(stages, ".."), Path.GetFileName(full));
        RunDirectory directory = RunDirectory.Open(path);
        JobFile file = JobFile.LoadStored(directory.JobPath);
        chosen = file.Stages[^1];
        if (stage is not null)
        {
            chosen = file.Stages.FirstOrDefault(s => s.Name == stage) ?? throw new InvalidInputException(
                "--stage", $"the run has no stage '{stage}'.", $"Its stages are {string.Join(", ", file.Stages.Select(s => s.Name))}.");
        }

        if (file.IsOneStage)
            return directory;
        string place = Path.Combine(directory.Path, "stages", chosen.Name);
        if (!File.Exists(Path.Combine(place, StageFacts.FileName)))
            throw new InvalidInputException(directory.Path, $"stage '{chosen.Name}' has not begun.", "Train it first, or name another stage with --stage.");
        return directory.Stage(chosen.Name);
    }

    private static CheckpointEntry BestOf(RunDirectory directory, JobSpec job)
    {
        CheckpointChoice choice = directory.Checkpoints.LatestGood();
        if (choice.Problems.Count > 0)
        {
            // Older weights in their place would be another model without a word.
            string fix = choice.Found ? $"The previous good one is step {choice.Entry.Step}: name it with --step {choice.Entry.Step}." : "No older checkpoint is whole: train again.";
            throw new InvalidInputException([.. choice.Problems.Select(p => p with { Fix = fix })]);
        }

        if (!choice.Found)
            throw new InvalidInputException(directory.Path, "holds no checkpoint yet.", "Train first, or name another run.");
        return job.Evaluation.KeepBest && choice.Manifest.Resume.Best is { } best ? directory.Checkpoints.Get(best.Step) : choice.Entry;
    }

    private static TrainedRun At(RunDirectory directory, JobStage stage, CheckpointEntry entry)
    {
        var run = new TrainedRun(directory, stage, StageFacts.Read(directory.Path), VocabularyFile.Read(directory.VocabularyPath), entry.Step);
        try
        {
            CheckpointManifest manifest = entry.ReadManifest();
            // What rows owe for steps that did not touch them depends on the rates that were in force.
            foreach (PlanChange change in manifest.Resume.Changes)
                TablePlan.Make(run.Plans, change);
            ShardFiles.Restore(new RestoreShard(entry.Step, [.. manifest.Files.Select(entry.PathOf)]), run.Plans, run._store);
            return run;
        }
        catch (CheckpointDamagedException damaged)
        {
            run.Dispose();
            throw new InvalidInputException(new InputError(entry.Path, damaged.Message, "Name another checkpoint with --step."), damaged);
        }
    }

    private void Read(int table, int row, Span<float> values)
    {
        if (table == _embedding && _replaced.TryGetValue(row, out ReadOnlyMemory<float> other))
            other.Span.CopyTo(values);
        else
            _store.Tables[table].Read(row, Step, values);
    }

    /// <summary>Of predictions that begin with some numbers for each token in order, those of each example.</summary>
    private List<int[]> PredictTokens(ExampleSet data, int numbers)
    {
        var predicted = new List<int[]>(data.Count);
        for (int first = 0; first < data.Count; first += EvaluateChunks.ChunkSize)
        {
            Slice slice = ChunkOf(data, first);
            float[] predictions = PredictChunk(slice).Predictions;
            int at = 0;
            foreach (int example in slice.Examples.Span)
            {
                int count = numbers * data.Tokens(example).Length;
                predicted.Add(Array.ConvertAll(predictions[at..(at + count)], number => (int)number));
                at += count;
            }
        }

        return predicted;
    }

    private PartResult Sum(ExampleSet data, MeasureSet measures, Func<Slice, SliceScore> score)
    {
        double loss = 0;
        var sums = new double[measures.Sums];
        for (int first = 0; first < data.Count; first += EvaluateChunks.ChunkSize)
        {
            SliceScore chunk = score(ChunkOf(data, first));
            loss += chunk.LossSum;
            for (int i = 0; i < sums.Length; i++)
                sums[i] += chunk.Sums[i];
        }

        return new PartResult(measures.Of(sums), loss / data.Count, data.Count);
    }

    private Slice ChunkOf(ExampleSet data, int first)
    {
        int[] examples = [.. Enumerable.Range(first, Math.Min(EvaluateChunks.ChunkSize, data.Count - first))];
        return new Slice(0, first / EvaluateChunks.ChunkSize, data, examples, examples.Length, Job.Seed);
    }

    private (PreparedSlice Prepared, float[] Predictions) PredictChunk(Slice slice)
    {
        PreparedSlice prepared = _model.Prepare(slice);
        var values = new float[_model.Tables.Count][];
        for (int table = 0; table < values.Length; table++)
        {
            int dimension = _model.Tables[table].Dimension;
            values[table] = new float[Math.Max(1, prepared.Rows[table].Length * dimension)];
            for (int i = 0; i < prepared.Rows[table].Length; i++)
                Read(table, prepared.Rows[table][i], values[table].AsSpan(i * dimension, dimension));
            if (Job.Training.Wire == RowFormat.Half)
                BFloat16.Round(values[table]); // as workers read them, so that accuracies are those of the run
        }

        return (prepared, _model.Predict(prepared, values));
    }
}
