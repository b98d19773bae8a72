using System.Collections.Frozen;

namespace DistEmbed.Protocol.Jobs.Settings;

/// <summary>Words that other programs use for settings, values and verbs of this one.</summary>
internal static class Synonyms
{
    /// <summary>A word of this program, and what others call it. A word may stand in several lines: which one is meant depends on what is known in its place.</summary>
    private static readonly (string Word, string Others)[] s_words =
    [
        // Settings.
        ("learningRate", "lr eta stepsize rate baselr initiallr initlearningrate starteta learnrate"),
        ("epochs", "epoch numepochs nepochs nepoch maxepochs numtrainepochs iter iterations niter passes"),
        ("steps", "maxsteps numsteps totalsteps"),
        ("batch", "batchsize bs minibatch batchwords perdevicetrainbatchsize"),
        ("slices", "microbatches"),
        ("thaw", "unfreeze unfreezing defrost"),
        ("dimension", "dim dims size vectorsize embeddingdim embeddingsize embeddim embsize wordvecsize layersize d"),
        ("file", "path filename pretrained pretrainedvectors wordvectors embeddings input glove vec"),
        ("vectors", "embedding embeddings pretrained pretrainedvectors wordvectors embed"),
        ("window", "windowsize ws context contextsize"),
        ("windows", "kernelsizes kernels filtersizes filters widths filterwindows"),
        ("maps", "numfilters nfilters featuremaps kernelnum"),
        ("negatives", "negative neg numnegatives negativesamples ns"),
        ("negativeExponent", "nsexponent power"),
        ("subsample", "sample downsample subsampling t"),
        ("minCount", "minfreq minfrequency mindf vocabmincount"),
        ("maxTokens", "maxlen maxlength maxseqlength maxsentencelength sequencelength truncate"),
        ("lowerCase", "lower dolowercase uncased casefold"),
        ("dropout", "dropoutrate droprate pdrop"),
        ("hidden", "hiddensize hiddendim hiddenunits units memdim nhidden numhidden"),
        ("layers", "numlayers nlayers depth"),
        ("bidirectional", "bilstm bi"),
        ("optimizers", "optimizer optim optimiser optimisers trainer"),
        ("schedule", "lrscheduler scheduler lrschedule annealing"),
        ("momentum", "mu"),
        ("epsilon", "eps"),
        ("decay", "weightdecay wd"),
        ("l2", "weightdecay regularization reg lambda"),
        ("maxNorm", "normbound constraint"),
        ("patience", "earlystopping earlystop"),
        ("keepBest", "savebest loadbestmodelatend bestmodel"),
        ("everyEpochs", "evalevery evalinterval evalperiod"),
        ("dev", "valid validation val devfile validationfile eval"),
        ("devFraction", "validationsplit validsplit valsplit devsplit validationfraction valsize"),
        ("testFraction", "testsplit testsize"),
        ("train", "training trainfile trainpath trainingfile files"),
        ("files", "train file path input corpus corpora"),
        ("fold", "folds cv crossvalidation kfold"),
        ("root", "datadir datafolder basedir directory dir folder"),
        ("seed", "randomstate randomseed rng"),
        ("separator", "sep delimiter delim"),
        ("columns", "header names fieldnames"),
        ("labelColumn", "label labels target y labelcol class category labelfield"),
        ("textColumns", "text textcolumn textcol sentence x textfield"),
        ("labelField", "label labels target y labelkey class category labelcolumn"),
        ("textField", "text textkey sentence textcolumns"),
        ("tagColumn", "tag tags nercolumn labelcolumn"),
        ("wordColumn", "word token tokencolumn textcolumn"),
        ("encoding", "charset codepage"),
        ("tokenizer", "tokenization tokenise tokenize"),
        ("untilEpoch", "unfreezeepoch thawepoch epoch epochs"),
        ("untilStep", "unfreezestep thawstep step steps"),
        ("warmupSteps", "warmup numwarmupsteps"),
        ("torchThreads", "threads numthreads thread"),
        ("workers", "numworkers nworkers threads"),
        ("checkpoints", "checkpoint saving"),
        ("everySteps", "savesteps loggingsteps evalsteps"),
        ("keep", "savetotallimit maxtokeep"),
        ("evaluation", "eval validation"),
        ("group", "layer table parameter"),
        ("kind", "type name"),
        ("format", "type kind"),
        ("name", "jobname title runname"),
        // Values.
        ("delimited", "csv tsv table excel"),
        ("json-lines", "json jsonl ndjson"),
        ("labelled-lines", "fasttext labeled labelled labeledlines lines textclassification"),
        ("file-per-class", "folder folders directory imdb aclimdb"),
        ("plain-text", "text txt plain raw corpus unlabelled unlabeled"),
        ("conll", "conll2003 conll03 ner iob iob2 bio bioes"),
        ("dependencies", "conllu conllx ud dependency treebank"),
        ("trees", "ptb sst penn brackets constituency"),
        ("tab", "tsv"),
        ("text-cnn", "cnn kim kimcnn convnet"),
        ("bag", "fasttext cbowclassifier average mean bow bagofwords averaging"),
        ("lstm", "rnn bilstm"),
        ("tagger", "ner lstmcrf bilstmcrf crf sequencetagger"),
        ("parser", "dependencyparser chenmanning"),
        ("skip-gram", "sg word2vec w2v skipngram"),
        ("cbow", "word2vec w2v continuousbagofwords"),
        ("tree-lstm", "tai nary childsum"),
        ("tree-lstm-pairs", "sick siamese pairs similarity"),
        ("hierarchical-softmax", "hs hsoftmax"),
        ("negative-sampling", "ns negative sgns"),
        ("frozen", "freeze fixed locked static constant"),
        ("tuned", "unfrozen thawed trainable finetune finetuned free nonstatic"),
        ("static", "frozen fixed freeze"),
        ("non-static", "tuned finetuned trainable"),
        ("rand", "random scratch"),
        ("linear", "lineardecay decay"),
        ("warmup", "linearwarmup warmuplinear"),
        ("constant", "fixed none"),
        ("slanted-triangle", "stlr slantedtriangular triangular ulmfit"),
        ("whitespace", "space split blank"),
        ("uniform", "random"),
        ("half", "fp16 bf16 float16 bfloat16"),
        ("full", "fp32 float32 float single"),
        ("adamw", "adamweightdecay"),
        // Verbs and options.
        ("predict", "infer inference classify tag parse apply"),
        ("evaluate", "test eval score"),
        ("neighbors", "nn nearest mostsimilar similar neighbours"),
        ("plan", "dryrun explain"),
        ("submit", "run send"),
        ("status", "ps ls list"),
        ("export", "save dump"),
        ("sweep", "grid search tune"),
        ("--run-dir", "output outputdir out o savedir"),
        ("--output", "o out"),
        ("--set", "override param option"),
        ("--resume", "continue restart"),
    ];

    private static readonly FrozenDictionary<string, string[]> s_meant = s_words
        .SelectMany(line => line.Others.Split(' ').Select(other => (other, line.Word)))
        .GroupBy(pair => pair.other, pair => pair.Word, StringComparer.Ordinal)
        .ToFrozenDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);

    /// <summary>A word as it is compared: letters and digits alone, in lower case, so that <c>batch_size</c>, <c>batch-size</c> and <c>batchSize</c> are one.</summary>
    public static string Bare(string word) => string.Concat(word.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    /// <summary>What <paramref name="word"/> is called here: one of <paramref name="known"/>, or null.</summary>
    public static string? Find(string word, IEnumerable<string> known)
    {
        string bare = Bare(word);
        string[] words = [.. known];
        return words.FirstOrDefault(candidate => bare.Length > 0 && Bare(candidate) == bare)
            ?? s_meant.GetValueOrDefault(bare, []).FirstOrDefault(words.Contains);
    }
}
