using System.Text.Json;
using CsCheck;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Protocol.Tests.Jobs;

public class JobRoundTripTests
{
    private static readonly Gen<double> Fraction = Gen.Double[0, 0.49];

    private static readonly Gen<ScheduleSpec> Schedules = Gen.OneOf<ScheduleSpec>(
        Gen.Const(new ConstantSchedule()),
        Fraction.Select(floor => new LinearSchedule { Floor = floor }),
        Gen.Select(Gen.Int[1, 99], Gen.Bool, (steps, decay) => new WarmupSchedule { Steps = steps, ThenDecay = decay }),
        Gen.Double[0.01, 0.9].Select(cut => new SlantedTriangleSchedule { CutFraction = cut }));

    private static readonly Gen<OptimizerSpec> Optimizers = Gen.Select(
        Gen.OneOf<OptimizerSpec>(
            Gen.Const(new SgdSpec { Momentum = 0.5 }), Gen.Const(new AdaGradSpec()), Gen.Const(new RowAdaGradSpec()), Gen.Const(new AdamSpec()),
            Gen.Const(new AdamWSpec()), Gen.Const(new AdadeltaSpec())),
        Schedules,
        Gen.Double[1e-6, 1],
        (optimizer, schedule, rate) => optimizer with { Schedule = schedule, LearningRate = rate });

    private static readonly Gen<string> Text = Gen.String[Gen.Char.AlphaNumeric, 1, 9];

    // Words may be anything that is no blank and no half of a pair: quotes, controls, other scripts.
    private static readonly Gen<string> Word = Gen.String[Gen.Char.Where(letter => !char.IsWhiteSpace(letter) && !char.IsSurrogate(letter)), 1, 9];

    private static readonly Gen<DataSpec> Labelled = Gen.OneOf<DataSpec>(
        Gen.Select(Word, Fraction, (file, dev) => new LabelledLinesData { Train = file, DevFraction = dev + 0.01, LabelEndsAt = ":", EmptyText = dev > 0.2 ? EmptyText.Skip : EmptyText.Keep }),
        Gen.Select(Word, Word, Gen.Int[1, 9], (one, two, fold) => new FilePerClassData { Train = new Dictionary<string, string> { ["a.b"] = one, ["kind"] = two }, Fold = new FoldSpec { Of = 9, Index = fold, File = fold > 5 ? one : null } }),
        Gen.Select(Word, Word, Gen.Bool, (one, two, several) => new LabelledLinesData { Train = several && one != two ? new FilePaths(one, two) : one, Test = "test-*.txt" }),
        Gen.Select(Word, Text, (folder, label) => new FolderPerClassData { Train = folder, Test = "test", Labels = [label, label + "1"], Files = "*" }),
        Gen.Select(Word, Gen.Enum<VocabularyParts>(), (file, words) => new DelimitedData { Train = file, Dev = "dev", Separator = "\t", TextColumns = ["title", "text"], Quotes = file.Length > 5 ? file.Length > 7 : null, Vocabulary = words }),
        Gen.Select(Word, Fraction, (file, test) => new JsonLinesData { Train = file, TestFraction = test, BadBytes = test > 0.2 ? BadBytes.SkipRecord : BadBytes.Replace, Normalization = test > 0.3 ? Normalization.Nfkc : Normalization.Nfc }),
        Gen.Select(Word, Gen.Int[1, 9], (file, neutral) => new BracketedTreesData { Train = file, Neutral = neutral > 5 ? neutral : null, LabelledPhrases = neutral % 2 == 0 }),
        Gen.Int[1, 99].Select(count => new DotnetDocsData { TrainPerArea = count }));

    private static readonly Gen<(DataSpec, ModelSpec)> Trees = Gen.Select(Word, Gen.Int[1, 99], Gen.Bool, (file, size, leaves) => size % 3 == 0
        ? ((DataSpec)new TreePairsData { Train = new TreePairFiles { TokensA = file, ParentsA = file, TokensB = "b", ParentsB = "c", Scores = "d" }, HighestScore = size + 1 },
            (ModelSpec)new TreeLstmPairsSpec { Hidden = size, SimilarityHidden = size + 1, OutputGate = leaves })
        : (new ParentTreesData { Train = new ParentTreeFiles { Tokens = file, Parents = "p", Labels = "l" }, Neutral = -size, Words = leaves ? TreeWords.Leaves : TreeWords.EveryNode },
            new TreeLstmSpec { Hidden = size, Dropout = size / 100f, Composition = leaves ? TreeComposition.Binary : TreeComposition.ChildSum }));

    private static readonly Gen<JobSpec> Jobs = Gen.Select(
        Gen.OneOf(
            Gen.Select(Labelled, Gen.Enum<ChannelMode>(), Gen.Int[1, 30], (data, channels, window) =>
                (data, (ModelSpec)new TextCnnSpec { Channels = channels, Windows = [window, window + 1], MaxNorm = window > 15 ? null : window })),
            Gen.Select(Labelled, Gen.Const((ModelSpec)new BagSpec()), (data, model) => (data, model)),
            Gen.Select(Word, Gen.Enum<DependencyTags>(), Gen.Enum<ParserActivation>(), Gen.Int[1, 99], (file, tags, activation, hidden) =>
                ((DataSpec)new DependencyData { Train = [file], Tags = tags, TestFraction = 0.1 }, (ModelSpec)new ParserSpec { Activation = activation, Hidden = hidden })),
            Gen.Select(Word, Gen.Int[1, 100], Gen.Enum<GloVeVectors>(), (file, window, vectors) =>
                ((DataSpec)new PlainTextData { Files = [file] }, (ModelSpec)new GloVeSpec { Window = window, Alpha = 1.0 / window, WordVectors = vectors })),
            Gen.Select(Labelled, Text, Gen.Int[1, 99], (data, name, number) => (data, (ModelSpec)new CustomModelSpec
            {
                Assembly = name + ".dll",
                Type = name,
                TableGroups = ["embedding", name + "1"],
                Settings = JsonSerializer.Deserialize<ModelSettings>($$"""{ "units": {{number}}, "deep": { "rate": [0.1, null] } }""")!,
                Sha256 = number > 50 ? new string('a', 64) : null,
            })),
            Gen.Select(Labelled, Gen.Int[1, 9], Gen.Bool, (data, size, both) =>
                (data, (ModelSpec)new LstmSpec { Hidden = size, Layers = (size % 2) + 1, Bidirectional = both, Tied = both && size > 5, Dropout = size / 10f })),
            Gen.Select(Word, Gen.Int[0, 9], Gen.Bool, (file, size, crf) =>
                ((DataSpec)new ConllData { Train = file, WordColumn = size + 1, TagColumn = crf ? size + 2 : null, Comment = crf ? "#" : null }, (ModelSpec)new TaggerSpec { Hidden = size + 1, CaseDimension = size, Crf = crf, UnknownRate = size / 10f })),
            Trees,
            Gen.Select(Word, Gen.Int[1, 100], Gen.Bool, (file, window, cbow) =>
                ((DataSpec)new PlainTextData { Files = [file] }, (ModelSpec)(cbow ? new CbowSpec { Window = window } : new SkipGramSpec { Window = window })))),
        Gen.Select(Text, Gen.ULong, Gen.Dictionary(Gen.OneOfConst("embedding", "default"), Optimizers)[0, 2]),
        Gen.Select(Gen.Int[2, 99], Gen.Int[1, 99], Gen.Bool),
        Gen.Select(Gen.Float[1e-3f, 9], Gen.Enum<TokenizerKind>(), Gen.Enum<Consistency>(), Gen.Bool, Word),
        (parts, job, training, rest) =>
        {
            (DataSpec data, ModelSpec model) = parts;
            return new JobSpec
            {
                Name = job.Item1,
                Seed = job.Item2,
                Data = data with { Tokenizer = data is TreeData or TreePairsData ? TokenizerKind.Whitespace : rest.Item2, LowerCase = rest.Item4 },
                Model = model,
                Vectors = new VectorsSpec
                {
                    Dimension = 10,
                    Range = rest.Item1,
                    File = model is TextCnnSpec { Channels: not ChannelMode.Rand } ? "vectors" : null,
                },
                Optimizers = new Dictionary<string, OptimizerSpec>(job.Item3) { ["default"] = new SgdSpec() },
                Freeze = training.Item3 ? [new FreezeSpec { Group = model.Groups[^1], UntilEpoch = 1, WarmupSteps = 3 }] : [],
                Training = new TrainingSpec
                {
                    Batch = training.Item2 + 1,
                    Epochs = training.Item1,
                    Consistency = rest.Item3,
                    Staleness = rest.Item3 == Consistency.Bounded ? training.Item2 : null,
                },
                Evaluation = new EvaluationSpec
                {
                    Probes = training.Item3
                        ? [new ProbeSpec { Pairs = rest.Item5, Restrict = training.Item2 }, new ProbeSpec { Analogies = rest.Item5, Method = AnalogyMethod.Mul, Missing = MissingWords.Zero, CaseSensitive = rest.Item4 }]
                        : [],
                },
                Report = new ReportSpec { Neighbors = [rest.Item5], Drift = training.Item3, Html = training.Item1 % 2 == 0 },
            };
        });

    [Fact]
    public void Any_valid_job_reads_back_from_its_resolved_file_as_the_same_job() => Jobs.Sample(
        spec =>
        {
            JobFile first = JobTexts.Parse(JsonSerializer.Serialize(spec, JobJson.Options));
            JobFile again = JobTexts.Parse(first.ToJson());
            return first.ToJson() == again.ToJson()
                && JsonSerializer.Serialize(spec.Resolved(), JobJson.Options) + "\n" == again.ToJson()
                && JobFingerprint.Of(spec) == JobFingerprint.Of(again.Stages[0].Spec);
        },
        iter: 300);

    [Fact]
    public void Any_two_valid_jobs_as_stages_read_back_as_the_same_stages() => Gen.Select(Jobs, Jobs).Sample(
        (one, two) =>
        {
            static string Stage(string name, JobSpec spec) => JsonSerializer.Serialize(spec with { Name = name }, JobJson.Options);
            JobFile job = JobTexts.Parse($"{{ \"name\": \"job\", \"model\": {{ \"kind\": \"text-cnn\", \"maxNorm\": 9 }}, \"stages\": [{Stage("one", one)}, {Stage("two", two)}] }}");
            JobFile again = JobTexts.Parse(job.ToJson());
            return job.ToJson() == again.ToJson()
                && JobFingerprint.Of(one) == JobFingerprint.Of(again.Stages[0].Spec)
                && JobFingerprint.Of(two) == JobFingerprint.Of(again.Stages[1].Spec);
        },
        iter: 100);

    [Fact]
    public void The_schema_accepts_every_valid_job() => Jobs.Sample(
        spec => JsonSchemaCheck.Accepts(JobSchema.ToJson(), JsonSerializer.Serialize(spec, JobJson.Options)), iter: 20);
}
