using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Protocol.Tests.Jobs;

public class JobErrorTests
{
    private const string Embedding = "freeze=[{\"group\":\"embedding\"}]";
    private const string Dependencies = "data={\"format\":\"parent-trees\",\"train\":{\"tokens\":\"a\",\"parents\":\"b\",\"labels\":\"c\"}}";
    private const string TreePairs = "data={\"format\":\"tree-pairs\",\"train\":{\"tokensA\":\"a\",\"parentsA\":\"b\",\"tokensB\":\"c\",\"parentsB\":\"d\",\"scores\":\"e\"}}";

    [Fact]
    public void A_slice_may_be_one_example() => Assert.Equal(4, JobTexts.CnnWith("training.batch=4", "training.slices=4").Training.Slices);

    /// <summary>A change of the CNN job of <see cref="JobTexts"/>, made in the file, and the fragments of the one error that it brings.</summary>
    public static TheoryData<string, string, string, string> Mistakes => new()
    {
        // Shape: keys, types, words.
        { "\"epochs\": 4", "\"epochs\": 4, \"bacth\": 5", "job.json:7 training.bacth", "unknown setting `training.bacth`. Did you mean `batch`?" },
        { "\"epochs\": 4", "\"epochs\": 4, \"qqqqq\": 5", "job.json:7 training.qqqqq", "Known settings here: batch, slices, epochs" },
        { "\"name\": \"trec\"", "\"name\": \"trec\", \"stage\": []", "job.json:2 stage", "Did you mean `stages`?" },
        { "\"kind\": \"text-cnn\"", "\"kind\": \"text-cnn\", \"negatives\": 5", "job.json:5 model.negatives", "It is a setting of kind cbow, skip-gram." },
        { "\"epochs\": 4", "\"epochs\": \"x\"", "job.json:7 training.epochs", "must be a whole number, found \"x\"." },
        { "\"epochs\": 4", "\"epochs\": 4.5", "job.json:7 training.epochs", "must be a whole number, found 4.5." },
        { "\"epochs\": 4", "\"epochs\": 4e9", "job.json:7 training.epochs", "must be a whole number, found 4e9." },
        { "\"epochs\": 4", "\"epochs\": 3000000000", "job.json:7 training.epochs", "must be a whole number from -2147483648 to 2147483647" },
        { "\"name\": \"trec\"", "\"name\": \"trec\", \"seed\": -1", "job.json:2 seed", "from 0 to 18446744073709551615, found -1." },
        { "\"name\": \"trec\"", "\"name\": 3", "job.json:2 name", "must be text, found 3." },
        { "\"training\": { \"epochs\": 4 }", "\"training\": [4]", "job.json:7 training", "must be an object, found a list." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"freeze\": { ", "job.json:7 freeze", "must be a list, found an object." },
        { "\"kind\": \"adadelta\"", "\"kind\": \"adadelta\", \"rho\": \"high\"", "job.json:6 optimizers.default.rho", "must be a number, found \"high\"." },
        { "\"kind\": \"text-cnn\"", "\"kind\": \"text-cnn\", \"dropout\": 1e39", "job.json:5 model.dropout", "is too large: 1e39." },
        { "\"epochs\": 4", "\"epochs\": 4, \"consistency\": \"snyc\"", "job.json:7 training.consistency", "unknown value \"snyc\". Did you mean `sync`? Known values: sync, bounded, async." },
        { "\"kind\": \"text-cnn\"", "\"kind\": \"text-cn\"", "job.json:5 model.kind", "unknown value \"text-cn\". Did you mean `text-cnn`?" },
        { "\"kind\": \"text-cnn\"", "\"kind\": 3", "job.json:5 model.kind", "must be text, found 3. Known values: text-cnn, bag, lstm, tagger, parser, cbow, skip-gram, glove, custom, tree-lstm, tree-lstm-pairs." },
        { "\"kind\": \"text-cnn\"", "", "job.json:5 model.kind", "is required. Known values: text-cnn" },
        { "\"train\": \"train.txt\",", "", "job.json:3 data.train", "is required. Add `train`: text, or a list of text." },
        { "{ \"kind\": \"text-cnn\" }", "\"cnn\"", "job.json:5 model", "must be an object, found \"cnn\". Write it as { \"kind\": \"text-cnn\" }. Known values: text-cnn, bag" },
        { "\"epochs\": 4", "\"epoch\": 4", "job.json:7 training.epoch", "Did you mean `epochs`? Known settings here: batch, slices, epochs, steps" },
        { "\"kind\": \"adadelta\"", "\"kind\": \"sgd\", \"lr\": 4", "job.json:6 optimizers.default.lr", "Did you mean `learningRate`?" },
        { "\"labelled-lines\"", "\"csv\"", "job.json:3 data.format", "unknown value \"csv\". Did you mean `delimited`? Known values: labelled-lines," },
        { "\"name\": \"trec\",", "\"name\": \"trec\", \"name\": \"cert\",", "job.json:2 name", "`name` is given twice, first on line 2." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"stages\": { ", "job.json:7 stages", "must be a list of stages, found an object." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"stages\": [], \"report\": {", "job.json:7 stages", "must be a list of stages, found an empty list." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"stages\": [{}], \"report\": {", "job.json:7 stages.0.name", "is required." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"stages\": [{\"name\":\"a\"},{\"name\":\"a\"}], \"report\": {", "job.json:7 stages.1.name", "there is a stage \"a\" already." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"stages\": [{\"name\":\"a b\"}], \"report\": {", "job.json:7 stages.0.name", "\"a b\" is no name." },
        // Values.
        { "\"name\": \"trec\"", "\"name\": \"../trec\"", "job.json:2 name", "\"../trec\" is no name." },
        { "\"name\": \"trec\"", "\"name\": \"..\"", "job.json:2 name", "not dots alone" },
        { "\"epochs\": 4", "\"epochs\": 0", "job.json:7 training.epochs", "must be at least 1, found 0." },
        { "\"epochs\": 4", "\"epochs\": 4, \"steps\": 4", "job.json:7 training.steps", "is given beside training.epochs." },
        { "\"epochs\": 4", "\"epochs\": 4, \"batch\": 0", "job.json:7 training.batch", "must be at least 1, found 0." },
        { "\"epochs\": 4", "\"epochs\": 4, \"batch\": 300, \"slices\": 257", "job.json:7 training.slices", "must be 1 to 256, found 257." },
        { "\"epochs\": 4", "\"epochs\": 4, \"batch\": 3, \"slices\": 4", "job.json:7 training.slices", "is 4, more than the 3 examples of a batch." },
        { "\"epochs\": 4", "\"epochs\": 4, \"staleness\": 2", "job.json:7 training.staleness", "is 2, but means nothing with consistency sync." },
        { "\"epochs\": 4", "\"epochs\": 4, \"consistency\": \"bounded\"", "job.json:7 training.staleness", "is required with consistency bounded." },
        { "\"epochs\": 4", "\"epochs\": 4, \"consistency\": \"bounded\", \"staleness\": 0", "job.json:7 training.staleness", "must be at least 1, found 0." },
        { "\"epochs\": 4", "\"epochs\": 4, \"torchThreads\": 0", "job.json:7 training.torchThreads", "must be at least 1" },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"cluster\": { \"workers\": 65", "job.json:7 cluster.workers", "must be 1 to 64, found 65." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"cluster\": { \"shards\": 0", "job.json:7 cluster.shards", "must be 1 to 1024, found 0." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"checkpoints\": { \"everySteps\": 0", "job.json:7 checkpoints.everySteps", "must be at least 1, found 0." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"checkpoints\": { \"everyMinutes\": 0", "job.json:7 checkpoints.everyMinutes", "must be above 0, found 0." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"checkpoints\": { \"keep\": 0", "job.json:7 checkpoints.keep", "must be at least 1, found 0." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"report\": { \"metricsEverySteps\": 0", "job.json:7 report.metricsEverySteps", "must be at least 1, found 0." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"report\": { \"neighbors\": [\"a\", \"a\"]", "job.json:7 report.neighbors.1", "a is given twice." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"evaluation\": { \"everyEpochs\": 1, \"everySteps\": 1", "job.json:7 evaluation.everySteps", "is given beside evaluation.everyEpochs." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"evaluation\": { \"patience\": 0", "job.json:7 evaluation.patience", "must be at least 1, found 0." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"evaluation\": { \"probes\": [{}]", "job.json:7 evaluation.probes.0.pairs", "is required, or analogies in its place." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"evaluation\": { \"probes\": [{\"pairs\":\"a\",\"analogies\":\"b\"}]", "job.json:7 evaluation.probes.0.analogies", "is given beside pairs." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"evaluation\": { \"probes\": [{\"pairs\":\"a\",\"method\":\"mul\"}]", "job.json:7 evaluation.probes.0.method", "means nothing for pairs." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"evaluation\": { \"probes\": [{\"analogies\":\"a\",\"restrict\":0}]", "job.json:7 evaluation.probes.0.restrict", "must be at least 1, found 0." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"evaluation\": { \"probes\": [{\"pairs\":\"a\"},{\"pairs\":\"a\"}]", "job.json:7 evaluation.probes.1", "is given twice." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"evaluation\": { \"probes\": [{\"pairs\":\" \"}]", "job.json:7 evaluation.probes.0.pairs", "is blank: \" \"." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"evaluation\": { \"probes\": [{\"pears\":\"a\"}]", "job.json:7 evaluation.probes.0.pears", "Did you mean `pairs`?" },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"evaluation\": { \"probes\": [{\"analogies\":\"a\",\"method\":\"sub\"}]", "job.json:7 evaluation.probes.0.method", "Known values: add, mul." },
        { "\"train\": \"train.txt\"", "\"train\": \"train.txt\", \"devFraction\": 0", "job.json:1 evaluation.keepBest", "needs a dev part, but data.devFraction is 0" },
        { "\"train\": \"train.txt\"", "\"train\": \"train.txt\", \"devFraction\": 1", "job.json:3 data.devFraction", "must be at least 0 and below 1, found 1." },
        { "\"train\": \"train.txt\"", "\"train\": \"train.txt\", \"testFraction\": 0.95", "job.json:3 data.testFraction", "Leave something to train on" },
        { "\"train\": \"train.txt\"", "\"train\": \"train.txt\", \"encoding\": \"utf-9\"", "job.json:3 data.encoding", "unknown encoding \"utf-9\"." },
        { "\"train\": \"train.txt\"", "\"train\": \" \"", "job.json:3 data.train", "is blank: \" \"." },
        { "\"train\": \"train.txt\"", "\"train\": \"train.txt\", \"minCount\": 0", "job.json:3 data.minCount", "must be at least 1, found 0." },
        { "\"train\": \"train.txt\"", "\"train\": \"train.txt\", \"maxTokens\": 0", "job.json:3 data.maxTokens", "must be at least 1, found 0." },
        { "\"train\": \"train.txt\"", "\"train\": \"train.txt\", \"fold\": { \"of\": 1, \"index\": 1 }", "job.json:3 data.fold.of", "must be at least 2, found 1." },
        { "\"train\": \"train.txt\"", "\"train\": \"train.txt\", \"fold\": { \"of\": 5, \"index\": 6 }", "job.json:3 data.fold.index", "must be 1 to 5, found 6." },
        { "\"train\": \"train.txt\"", "\"train\": \"train.txt\", \"fold\": { \"of\": 5 }", "job.json:3 data.fold.index", "is required." },
        { "\"train\": \"train.txt\"", "\"train\": \"train.txt\", \"fold\": { \"of\": 5, \"index\": 5, \"file\": \" \" }", "job.json:3 data.fold.file", "is blank" },
        { "\"train\": \"train.txt\"", "\"train\": \"train.txt\", \"test\": \"test.txt\", \"fold\": { \"of\": 5, \"index\": 5 }", "job.json:3 data.fold", "there is a test file. Set data.test to null" },
        { "\"train\": \"train.txt\"", "\"train\": \"train.txt\", \"testFraction\": 0.1, \"fold\": { \"of\": 5, \"index\": 5 }", "job.json:3 data.fold", "data.testFraction sets one aside" },
        { "\"labelEndsAt\": \":\"", "\"labelEndsAt\": \"::\"", "job.json:3 data.labelEndsAt", "must be one character, found \"::\"." },
        { "\"file\": \"vectors.bin\" },\n  \"model\": { \"kind\": \"text-cnn\"", "\"dimension\": 5 },\n  \"model\": { \"kind\": \"text-cnn\", \"channels\": \"static\"", "job.json:4 vectors.file", "is required with model.channels static." },
        { "\"file\": \"vectors.bin\"", "\"file\": \"vectors.bin\", \"range\": 0", "job.json:4 vectors.range", "must be above 0, found 0." },
        { "\"file\": \"vectors.bin\"", "\"file\": \"stage:a\"", "job.json:4 vectors.file", "there is no earlier stage `a`." },
        { "\"kind\": \"text-cnn\"", "\"kind\": \"text-cnn\", \"channels\": \"rand\"", "job.json:4 vectors.file", "model.channels is rand" },
        { "\"kind\": \"text-cnn\"", "\"kind\": \"text-cnn\", \"windows\": []", "job.json:5 model.windows", "is empty." },
        { "\"kind\": \"text-cnn\"", "\"kind\": \"text-cnn\", \"windows\": [3, 65]", "job.json:5 model.windows.1", "must be 1 to 64, found 65." },
        { "\"kind\": \"text-cnn\"", "\"kind\": \"text-cnn\", \"windows\": [3, 3]", "job.json:5 model.windows.1", "3 is given twice." },
        { "\"kind\": \"text-cnn\"", "\"kind\": \"text-cnn\", \"maps\": 0", "job.json:5 model.maps", "must be at least 1, found 0." },
        { "\"kind\": \"text-cnn\"", "\"kind\": \"text-cnn\", \"dropout\": 1", "job.json:5 model.dropout", "must be at least 0 and below 1, found 1." },
        { "\"kind\": \"text-cnn\"", "\"kind\": \"text-cnn\", \"maxNorm\": 0", "job.json:5 model.maxNorm", "must be above 0, found 0." },
        { "\"kind\": \"text-cnn\"", "\"kind\": \"cbow\"", "job.json:3 data.format", "has labels, but a cbow model takes text without labels." },
        { "\"kind\": \"text-cnn\"", "\"kind\": \"lstm\", \"layers\": 3", "job.json:5 model.layers", "must be 1 to 2, found 3." },
        { "\"kind\": \"text-cnn\"", "\"kind\": \"lstm\", \"hidden\": 0", "job.json:5 model.hidden", "must be at least 1, found 0." },
        { "\"kind\": \"text-cnn\"", "\"kind\": \"lstm\", \"dropout\": 1", "job.json:5 model.dropout", "must be at least 0 and below 1, found 1." },
        { "\"kind\": \"text-cnn\"", "\"kind\": \"lstm\", \"tied\": true", "job.json:5 model.tied", "means nothing for one direction." },
        { "\"kind\": \"text-cnn\"", "\"kind\": \"tagger\"", "job.json:3 data.format", "does not give a tag for each word, which a tagger model needs. Use conll." },
        { "\"default\"", "\"conv9\": { \"kind\": \"sgd\" }, \"default\"", "job.json:6 optimizers.conv9", "a text-cnn model has no group `conv9`. Did you mean `conv3`?" },
        { "\"kind\": \"adadelta\"", "\"kind\": \"adadelta\", \"rho\": 1.5", "job.json:6 optimizers.default.rho", "1.5" },
        { "\"kind\": \"adadelta\"", "\"kind\": \"adadelta\", \"schedule\": { \"kind\": \"warmup\" }", "job.json:6 optimizers.default.schedule.steps", "is required." },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"freeze\": [{ \"group\": \"embeding\" }], \"report\": {", "job.json:7 freeze.0.group", "has no group `embeding`. Did you mean `embedding`?" },
        { "\"epochs\": 4", "\"epochs\": 4 }, \"freeze\": [{ \"untilEpoch\": 2 }], \"report\": {", "job.json:7 freeze.0.group", "is required." },
    };

    /// <summary>Settings given as flags with a tagger's job, and the one error that each brings.</summary>
    public static TheoryData<string, string, string> BadTaggers => new()
    {
        { "model.hidden=0", "--set model.hidden", "must be at least 1, found 0." },
        { "model.caseDimension=-1", "--set model.caseDimension", "must be at least 0, found -1." },
        { "model.dropout=1", "--set model.dropout", "must be at least 0 and below 1, found 1." },
        { "model.unknownRate=1", "--set model.unknownRate", "must be at least 0 and below 1, found 1." },
        { "data.wordColumn=0", "--set data.wordColumn", "must be at least 1, found 0." },
        { "data.tagColumn=0", "--set data.tagColumn", "must be at least 1, found 0." },
        { "data.tagColumn=1", "--set data.tagColumn", "is 1, the column of the words." },
        { "data.comment=# #", "--set data.comment", "must be what comments start with, without blanks" },
        { "data.devFraction=1", "--set data.devFraction", "must be at least 0 and below 1, found 1." },
        { "model={\"kind\":\"bag\"}", "data.format", "does not give a label for each text, which a bag model needs." },
    };

    [Theory]
    [MemberData(nameof(BadTaggers))]
    public void Mistakes_in_a_tagger_s_job_are_named(string setting, string where, string what)
    {
        const string job = """
            { "name": "ner", "data": { "format": "conll", "train": "a" }, "model": { "kind": "tagger" }, "vectors": { "dimension": 5 },
              "optimizers": { "default": { "kind": "sgd" } }, "training": { "epochs": 1 } }
            """;
        InputError error = Assert.Single(JobTexts.Errors(job, [setting]));
        Assert.Contains(where, error.Where, StringComparison.Ordinal);
        Assert.Contains(what, $"{error.What} {error.Fix}", StringComparison.Ordinal);
    }

    /// <summary>Settings given as flags with the CNN job, and the fragments of the one error that they bring.</summary>
    public static TheoryData<string[], string, string> BadSettings => new()
    {
        { ["training.bacth=5"], "--set training.bacth", "unknown setting `training.bacth`. Did you mean `batch`?" },
        { ["training.batch"], "--set training.batch", "`training.batch` is no setting. Write it as path=value" },
        { ["training..batch=1"], "--set training..batch", "is no setting." },
        { ["training.batch=ten"], "--set training.batch", "must be a whole number, found \"ten\"." },
        { ["training.batch=-1"], "--set training.batch", "must be at least 1, found -1." },
        { ["training.batch.size=1"], "--set training.batch", "must be a whole number, found an object." },
        { ["model.windows.5=1"], "--set model.windows.5", "`5` is no element of the list. It has the elements 0 to 2; 3 appends." },
        { ["model.windows=[1,2]", "model.windows.x=1"], "--set model.windows.x", "It has the elements 0 to 1; 2 appends." },
        { ["freeze.1.group=conv3"], "--set freeze.1.group", "It is empty; 0 appends." },
        { ["stages.a.seed=1"], "--set stages.a.seed", "the job has no stages." },
        { ["report={\"a\":1}"], "--set report.a", "unknown setting `report.a`." },
        { [Embedding, "model.channels=static"], "--set freeze.0", "is redundant: model.channels static freezes the embedding" },
        { ["freeze=[{\"group\":\"conv3\"},{\"group\":\"conv3\"}]"], "--set freeze.1.group", "group `conv3` has a phase already." },
        { [Embedding, "freeze.0.untilEpoch=1", "freeze.0.untilStep=7"], "--set freeze.0.untilStep", "is given beside untilEpoch." },
        { [Embedding, "freeze.0.untilEpoch=0"], "--set freeze.0.untilEpoch", "is 0, so the group would never be frozen." },
        { [Embedding, "freeze.0.untilStep=1"], "--set freeze.0.untilStep", "is 1, so the group would never be frozen." },
        { [Embedding, "freeze.0.untilEpoch=4"], "--set freeze.0.untilEpoch", "is 4, beyond the last epoch, 3." },
        { [Embedding, "freeze.0.untilStep=9", "training={\"epochs\":null,\"steps\":8}"], "--set freeze.0.untilStep", "is 9, beyond the last step, 8." },
        { [Embedding, "freeze.0.untilStep=9", "freeze.0.warmupSteps=-1"], "--set freeze.0.warmupSteps", "must be at least 0, found -1." },
        { [Embedding, "freeze.0.warmupSteps=5"], "--set freeze.0.warmupSteps", "is 5, but the group never thaws." },
        { ["model.kind=bag", "freeze=[{\"group\":\"embedding\"},{\"group\":\"output\"}]"], "--set freeze", "nothing is left to train" },
        { ["model.kind=bag", "vectors={\"file\":null,\"dimension\":5,\"missing\":\"variance\"}"], "--set vectors.missing", "no vector file is given" },
        { ["model.kind=bag", "data={\"format\":\"plain-text\",\"files\":[\"a\"]}"], "--set data.format", "has no labels, but a bag model needs them." },
        { ["data={\"format\":\"trees\",\"train\":\"a\",\"tokenizer\":\"kim\"}"], "--set data.tokenizer", "is kim, but trees have their words already." },
        { ["data={\"format\":\"trees\",\"train\":\"a\",\"maxTokens\":9}"], "--set data.maxTokens", "would cut words off trees." },
        { ["data={\"format\":\"trees\",\"train\":\"a\",\"labelledPhrases\":true}", "model={\"kind\":\"tree-lstm\"}"], "--set data.labelledPhrases", "makes sentences of the trees, but a tree-lstm model needs trees" },
        { ["data={\"format\":\"parent-trees\",\"train\":{\"tokens\":\"a\",\"parents\":\" \",\"labels\":\"c\"}}"], "--set data.train.parents", "is blank" },
        { [Dependencies, "model={\"kind\":\"tree-lstm\"}"], "--set model.composition", "is binary, but data.words is every-node" },
        { [Dependencies, "model={\"kind\":\"tree-lstm\",\"composition\":\"child-sum\",\"hidden\":0}"], "--set model.hidden", "must be at least 1, found 0." },
        { [TreePairs, "data.highestScore=1", "model={\"kind\":\"tree-lstm-pairs\"}"], "--set data.highestScore", "is 1, with 1 the lowest." },
        { [TreePairs, "model={\"kind\":\"tree-lstm-pairs\",\"similarityHidden\":0}"], "--set model.similarityHidden", "must be at least 1, found 0." },
        { [TreePairs], "--set data.format", "does not give a label for each text, which a text-cnn model needs. Use labelled-lines" },
        { ["model={\"kind\":\"tree-lstm\"}"], "job.json:3 data.format", "does not give parse trees with labels, which a tree-lstm model needs. Use trees or parent-trees." },
        { ["data={\"format\":\"dotnet-docs\",\"labelled\":false}"], "--set data.labelled", "is false, but a text-cnn model needs labels. Set it to true." },
        { ["data={\"format\":\"dotnet-docs\",\"devFraction\":0.2}"], "--set data.devFraction", "Use data.devPerArea." },
        { ["data={\"format\":\"dotnet-docs\",\"fold\":{\"of\":5,\"index\":5}}"], "--set data.fold", "means nothing for dotnet-docs" },
        { ["data={\"format\":\"dotnet-docs\",\"emptyText\":\"skip\"}"], "--set data.emptyText", "means nothing for this format" },
        { ["data={\"format\":\"dotnet-docs\",\"badBytes\":\"replace\"}"], "--set data.badBytes", "means nothing for dotnet-docs" },
        { [Dependencies, "model={\"kind\":\"tree-lstm\",\"composition\":\"child-sum\"}", "data.emptyText=keep"], "--set data.emptyText", "there is no tree without words" },
        { ["data={\"format\":\"file-per-class\",\"train\":{\"a\":\"b\",\" c\":\"d\"}}"], "--set data.train. c", "has white space around it" },
        { ["data={\"format\":\"dotnet-docs\",\"devPerArea\":0}"], "--set data.devPerArea", "must be at least 1, found 0." },
        { ["model={\"kind\":\"cbow\"}", "data={\"format\":\"dotnet-docs\"}"], "--set data.labelled", "is true, but a cbow model takes text without labels." },
        { ["model={\"kind\":\"cbow\"}", "data={\"format\":\"dotnet-docs\",\"labelled\":false,\"testPerArea\":5}"], "--set data.testPerArea", "means nothing" },
        { ["model={\"kind\":\"cbow\",\"window\":101}", "data={\"format\":\"plain-text\",\"files\":[\"a\"]}"], "--set model.window", "must be 1 to 100, found 101." },
        { ["model={\"kind\":\"cbow\",\"negatives\":0}", "data={\"format\":\"plain-text\",\"files\":[\"a\"]}"], "--set model.negatives", "must be at least 1" },
        { ["model={\"kind\":\"cbow\",\"subsample\":-1}", "data={\"format\":\"plain-text\",\"files\":[\"a\"]}"], "--set model.subsample", "must be at least 0" },
        { ["model={\"kind\":\"parser\"}", "data={\"format\":\"json-lines\",\"train\":\"a\"}"], "--set data.format", "does not give a head for each word, which a parser model needs." },
        { ["model={\"kind\":\"parser\",\"symbolDimension\":0}", "data={\"format\":\"dependencies\",\"train\":[\"a\"]}"], "--set model.symbolDimension", "must be at least 1" },
        { ["model={\"kind\":\"parser\"}", "data={\"format\":\"dependencies\",\"train\":[\"a\"],\"dev\":[]}"], "--set data.dev", "is empty." },
        { ["model={\"kind\":\"parser\"}", "data={\"format\":\"dependencies\",\"train\":[\"a\"],\"layout\":\"parallel\",\"tags\":\"fine\"}"], "--set data.tags", "means nothing with layout parallel" },
        { ["model={\"kind\":\"glove\",\"window\":0}", "data={\"format\":\"plain-text\",\"files\":[\"a\"]}"], "--set model.window", "must be 1 to 100, found 0." },
        { ["model={\"kind\":\"glove\",\"xMax\":0}", "data={\"format\":\"plain-text\",\"files\":[\"a\"]}"], "--set model.xMax", "must be above 0" },
        { ["model={\"kind\":\"glove\",\"alpha\":-1}", "data={\"format\":\"plain-text\",\"files\":[\"a\"]}"], "--set model.alpha", "must be at least 0" },
        { ["model={\"kind\":\"glove\",\"negatives\":5}", "data={\"format\":\"plain-text\",\"files\":[\"a\"]}"], "--set model.negatives", "It is a setting of kind cbow, skip-gram." },
        { ["model={\"kind\":\"glove\",\"wordVectors\":\"context\"}", "data={\"format\":\"plain-text\",\"files\":[\"a\"]}"], "--set model.wordVectors", "Known values: sum, embedding." },
        { ["model={\"kind\":\"glove\"}", "data={\"format\":\"plain-text\",\"files\":[\"a\"]}", "cluster.cellMegabytes=-1"], "--set cluster.cellMegabytes", "must be at least 0" },
        { ["cluster.cellMegabytes=100"], "--set cluster.cellMegabytes", "means nothing for a text-cnn model" },
        { ["model={\"kind\":\"cbow\"}", "data={\"format\":\"plain-text\",\"files\":[]}"], "--set data.files", "is empty." },
        { ["vectors.contextFile=c"], "--set vectors.contextFile", "text-cnn model of this kind has no output vectors" },
        { ["model={\"kind\":\"cbow\",\"output\":\"hierarchical-softmax\"}", "data={\"format\":\"plain-text\",\"files\":[\"a\"]}", "vectors.contextFile=c"], "--set vectors.contextFile", "Leave it out, or use cbow or skip-gram with output negative-sampling, or glove." },
        { ["model={\"kind\":\"cbow\"}", "data={\"format\":\"plain-text\",\"files\":[\"a\"]}", "vectors={\"file\":null,\"dimension\":5,\"contextFile\":\"c\"}"], "--set vectors.contextFile", "is given, but no vector file is." },
        { ["model={\"kind\":\"cbow\"}", "data={\"format\":\"plain-text\",\"files\":[\"a\"]}", "vectors.contextFile=stage:a"], "--set vectors.contextFile", "is \"stage:a\", but vectors.file is \"vectors.bin\"." },
        { ["model={\"kind\":\"cbow\",\"output\":\"hierarchical-softmax\",\"negatives\":3}", "data={\"format\":\"plain-text\",\"files\":[\"a\"]}"], "--set model.negatives", "draws no negative samples; both at once is not supported." },
        { ["model={\"kind\":\"cbow\",\"output\":\"hierarchical-softmax\",\"negativeExponent\":1}", "data={\"format\":\"plain-text\",\"files\":[\"a\"]}"], "--set model.negativeExponent", "means nothing with model.output hierarchical-softmax" },
        { ["model={\"kind\":\"cbow\",\"output\":\"hierarchical-softmax\"}", "data={\"format\":\"plain-text\",\"files\":[\"a\"]}", "optimizers.context={\"kind\":\"sgd\"}"], "--set optimizers.context", "has no group `context`." },
        { ["model={\"kind\":\"cbow\",\"output\":\"hierarchical-softmax\"}", "data={\"format\":\"plain-text\",\"files\":[\"a\"]}", "phases=[{\"rules\":[{\"group\":\"hierarchy\",\"rows\":{\"toRank\":9},\"state\":\"frozen\"}]}]"], "--set phases.0.rules.0.rows", "names words, but the rows of group `hierarchy` are none." },
        { ["model={\"kind\":\"cbow\"}", "data={\"format\":\"plain-text\",\"files\":[\"a\"],\"phrases\":{\"thresholds\":[]}}"], "--set data.phrases.thresholds", "is empty. Give one for each pass" },
        { ["model={\"kind\":\"cbow\"}", "data={\"format\":\"plain-text\",\"files\":[\"a\"],\"phrases\":{\"thresholds\":[9,0]}}"], "--set data.phrases.thresholds.1", "must be above 0, found 0." },
        { ["model={\"kind\":\"cbow\"}", "data={\"format\":\"plain-text\",\"files\":[\"a\"],\"phrases\":{\"minCount\":0}}"], "--set data.phrases.minCount", "must be at least 1, found 0." },
        { ["model={\"kind\":\"cbow\"}", "data={\"format\":\"plain-text\",\"files\":[\"a\"],\"phrases\":{\"separator\":\" \"}}"], "--set data.phrases.separator", "must be characters that are no blanks" },
        { ["model={\"kind\":\"cbow\"}", "data={\"format\":\"plain-text\",\"files\":[\"a\"],\"phrases\":{\"passes\":2}}"], "--set data.phrases.passes", "unknown setting" },
        { ["model={\"kind\":\"cbow\"}", "data={\"format\":\"plain-text\",\"files\":[\"a\"]}", "evaluation.patience=2"], "--set evaluation.patience", "means nothing for a cbow model" },
        { ["model={\"kind\":\"cbow\"}", "data={\"format\":\"plain-text\",\"files\":[\"a\"]}", "optimizers.output={\"kind\":\"sgd\"}"], "--set optimizers.output", "has no group `output`." },
        { ["data.devFraction=0", "evaluation={\"keepBest\":false,\"patience\":3}"], "--set evaluation.patience", "needs a dev part" },
        { ["data={\"format\":\"delimited\",\"train\":\"a\",\"separator\":\"::\"}"], "--set data.separator", "must be one character or tab, found \"::\"." },
        { ["data={\"format\":\"delimited\",\"train\":\"a\",\"columns\":[\"label\",\"txt\"]}"], "--set data.textColumns.0", "\"text\" is none of data.columns. Did you mean `txt`?" },
        { ["data={\"format\":\"delimited\",\"train\":\"a\",\"textColumns\":[\"label\"]}"], "--set data.textColumns.0", "\"label\" is the label's column." },
        { ["data={\"format\":\"json-lines\",\"train\":\"a\",\"textField\":\"label\"}"], "--set data.textField", "\"label\" is the label's field too." },
        { ["data={\"format\":\"file-per-class\",\"train\":{\"a\":\"b\"}}"], "--set data.train", "at least two labels, found 1." },
        { ["data={\"format\":\"file-per-class\",\"train\":{\"a\":\"b\",\"c\":\"d\"},\"test\":{\"e.f\":\"g\"}}"], "--set data.test.e.f", "label \"e.f\" has no training file." },
        { ["data={\"format\":\"labelled-lines\",\"train\":\"a\",\"test\":\"b\",\"testFraction\":0.1}"], "--set data.testFraction", "is given beside a test file" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_in_the_file_is_told_once_with_its_place_and_what_to_do(string correct, string mistaken, string where, string message)
    {
        Assert.Contains(correct, JobTexts.Cnn);
        InputError error = Assert.Single(JobTexts.Errors(JobTexts.Cnn.Replace(correct, mistaken)));

        Assert.Equal(where, error.Where);
        Assert.Contains(message, $"{error.What} {error.Fix}");
    }

    [Theory]
    [MemberData(nameof(BadSettings))]
    public void A_mistake_in_a_setting_is_told_once_with_the_flag_as_its_place(string[] settings, string where, string message)
    {
        InputError error = Assert.Single(JobTexts.Errors(JobTexts.Cnn, settings));

        // A missing setting is told at the nearest one above it that is there, which is the file's where no flag made it.
        Assert.StartsWith(where, error.Where);
        Assert.Contains(message, $"{error.What} {error.Fix}");
    }

    [Theory]
    [InlineData("", "job.json:1:1", "not contain any JSON tokens")]
    [InlineData("{\n  \"é\": 3,,\n}", "job.json:2:10", "','")]
    [InlineData("{ \"name\": \"a\" } x", "job.json:1:17", "'x'")]
    [InlineData("{ \"name\": \"a\"", "job.json:1:14", "")]
    [InlineData("{ \"name\":\n \"\\ud800\" }", "job.json:2", "surrogate")]
    [InlineData("[1]", "job.json:1", "must be an object, found a list.")]
    public void Text_that_is_no_json_is_told_with_line_and_column(string text, string where, string message)
    {
        InputError error = Assert.Single(JobTexts.Errors(text));

        Assert.StartsWith(where, error.Where);
        Assert.Contains(message, error.What);
        Assert.DoesNotContain("LineNumber", error.What);
    }

    [Fact]
    public void All_mistakes_are_told_at_once_in_the_order_of_the_file_then_of_the_flags()
    {
        string text = """
            {
              "name": "a b",
              "data": { "format": "labelled-line", "train": 3 },
              "vectors": { "file": "v", "range": 0 },
              "model": { "kind": "text-cnn", "maps": 0, "window": 3 },
              "optimizers": { "default": { "kind": "sgd", "momentum": "x" }, "conv9": { "kind": "sgd" } },
              "freeze": [{ "grup": "embedding" }, { "group": "x" }],
              "training": { "batch": 0, "epoch": 3 },
            }
            """;

        Assert.Equal(
            [
                "job.json:2 name", "job.json:3 data.format", "job.json:4 vectors.range", "job.json:5 model.window", "job.json:5 model.maps",
                "job.json:6 optimizers.default.momentum", "job.json:6 optimizers.conv9", "job.json:7 freeze.0.grup", "job.json:7 freeze.0.group",
                "job.json:7 freeze.1.group", "job.json:8 training.epoch", "job.json:8 training.batch", "--set cluster.shards", "--set sed",
            ],
            JobTexts.Errors(text, "cluster.shards=0", "sed=1").Select(error => error.Where));
    }

    [Fact]
    public void A_mistake_of_the_top_level_is_told_once_although_every_stage_inherits_it()
    {
        InputError error = Assert.Single(JobTexts.Errors(JobTexts.Staged.Replace("\"batch\": 100", "\"batch\": 0")));

        Assert.Equal("job.json:7 training.batch", error.Where);
    }

    [Theory]
    [InlineData("\"window\": 3", "\"window\": 0", "job.json:5 model.window (stage vectors)", "found 0")]
    [InlineData("\"epochs\": 5", "\"epochs\": 0", "job.json:16 stages.tune.1.training.epochs", "found 0")]
    [InlineData("\"stage:vectors\"", "\"stage:tune.1\"", "job.json:13 stages.tune.1.vectors.file", "Known earlier stages: vectors.")]
    [InlineData("\"stage:vectors\"", "\"stage:vectors\", \"dimension\": 60", "job.json:13 stages.tune.1.vectors.dimension", "is 60, but stage `vectors` trains vectors of 50")]
    [InlineData("\"epochs\": 5", "\"epochs\": 5, \"staleness\": null, \"consistency\": \"bounded\"", "job.json:16 stages.tune.1.training.staleness", "is required")]
    public void A_mistake_of_a_stage_names_the_stage(string correct, string mistaken, string where, string message)
    {
        Assert.Contains(correct, JobTexts.Staged);
        InputError error = Assert.Single(JobTexts.Errors(JobTexts.Staged.Replace(correct, mistaken)));

        Assert.Equal(where, error.Where);
        Assert.Contains(message, $"{error.What} {error.Fix}");
    }

    [Theory]
    [InlineData("stages.tune.seed=1", "there is no stage `tune`. Did you mean `tune.1`? Known stages: vectors, tune.1.")]
    [InlineData("stages.tune.1.sed=1", "unknown setting `stages.tune.1.sed`. Did you mean `seed`?")]
    [InlineData("vectors.file=v", "has no effect: every stage sets it. Set stages.NAME.vectors.file; the stages are vectors, tune.1.")]
    public void A_setting_that_misses_the_stages_is_refused(string setting, string message)
    {
        string text = JobTexts.Staged.Replace("{ \"name\": \"vectors\" }", "{ \"name\": \"vectors\", \"vectors\": { \"file\": null } }");

        InputError error = Assert.Single(JobTexts.Errors(text, setting));
        Assert.Equal($"--set {setting.Split('=')[0]}", error.Where);
        Assert.Contains(message, $"{error.What} {error.Fix}");
    }

    [Fact]
    public void Context_vectors_are_not_added_to_sums_that_hold_them()
    {
        const string text = """
            {
              "name": "two", "data": { "format": "plain-text", "files": ["a"] }, "vectors": { "dimension": 5 }, "model": { "kind": "glove" }, "training": { "epochs": 1 },
              "optimizers": { "default": { "kind": "adagrad" } },
              "stages": [{ "name": "first" }, { "name": "second", "vectors": { "file": "stage:first", "contextFile": "stage:first" } }]
            }
            """;

        InputError error = Assert.Single(JobTexts.Errors(text));
        Assert.Equal("job.json:4 stages.second.vectors.contextFile", error.Where);
        Assert.Contains("sums in which its context vectors are already. Leave it out, or set model.wordVectors of stage `first`", $"{error.What} {error.Fix}");
        Assert.Equal(2, JobTexts.Parse(text, "stages.first.model.wordVectors=embedding").Stages.Count);
    }

    [Fact]
    public void The_validator_puts_the_stages_path_before_the_setting()
    {
        JobSpec spec = JobTexts.CnnWith() with { Training = new TrainingSpec { Epochs = 1, Batch = 0 }, Optimizers = new Dictionary<string, OptimizerSpec> { ["default"] = new SgdSpec { LearningRate = -1 } } };

        Assert.Equal(
            ["stages.tune.optimizers.default.learningRate", "stages.tune.training.batch"],
            JobValidator.Validate(spec, "stages.tune").Select(error => error.Where).Order());
    }
}
