using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus.Reading;
using static System.FormattableString;

namespace DistEmbed.Worker.Corpus;

/// <summary>
/// Prepares sentences with a tag at each word: reads the parts one after the other into one encoder, splits, and encodes. The entity types are those of the training
/// file; labels are the names of their tags (<see cref="EntityTags"/>), and examples carry tags and cases (<see cref="TagAnnotations"/>). For one use.
/// </summary>
internal sealed class TaggedPreparation(ConllData spec, ulong seed, VectorWords? vectors = null)
{
    private readonly CorpusEncoder _encoder = new(spec);
    private readonly List<int[]> _annotations = [];
    private readonly List<string> _notes = [];

    /// <summary>Reads and encodes the parts of the job.</summary>
    public PreparedData Prepare()
    {
        var files = new DataFiles(spec);
        SourceFile trainFile = files.Resolve("data.train", spec.Train);
        SourceFile? devFile = spec.Dev is null ? null : files.Resolve("data.dev", spec.Dev), testFile = spec.Test is null ? null : files.Resolve("data.test", spec.Test);
        SourceFile? foldFile = spec.Fold?.File is { } path ? files.Resolve("data.fold.file", path) : null;
        files.ThrowIfMissing();

        IReadOnlyList<TaggedSentence> sentences = ReadBio(trainFile);
        string[] types = [.. sentences.SelectMany(s => s.Tags).Where(tag => tag.Length > 1).Select(tag => tag[2..]).Distinct().Order(StringComparer.Ordinal)];
        if (types.Length == 0)
            throw new InvalidInputException(trainFile.Path, $"None of its {sentences.Count} sentences has an entity.", "Check data.train and data.tagColumn.");
        Append(trainFile, sentences, types);
        int trainCount = sentences.Count;
        int[]? dev = ReadPart(devFile, types), test = ReadPart(testFile, types);

        int[]? folds = spec.Fold is null ? null : FoldAssignment.Of(spec.Fold, foldFile, trainCount, trainFile.Path);
        (int[] train, int[] splitDev, int[] splitTest) = DataSplit.Of(folds, spec.Fold, trainCount, dev is null ? spec.DevFraction : 0, test is null ? spec.TestFraction : 0, seed);
        PartVocabulary vocabulary = _encoder.Vocabulary(train, vectors);

        ExampleSet trainSet = Encode(train, vocabulary.Train)!;
        ExampleSet? devSet = Encode(dev ?? splitDev, vocabulary.Words), testSet = Encode(test ?? splitTest, vocabulary.Words);
        Note("train", trainSet, types, "");
        Note("dev", devSet, types, dev is null ? ", set aside from the training sentences" : "");
        Note("test", testSet, types, spec.Fold is { } fold ? Invariant($", fold {fold.Index} of {fold.Of}") : test is null ? ", set aside from the training sentences" : "");
        NoteWords(vocabulary.Notes(_encoder, spec.MinCount, _encoder.RareIn(train), devSet, testSet));
        _notes.AddRange(files.Tally.Notes());
        return new PreparedData(vocabulary.Words, EntityTags.Names(types), trainSet, devSet, testSet, _notes) { Folds = folds };
    }

    /// <summary>Encodes the sentences of one file with a vocabulary and tags that are given.</summary>
    public static ExampleSet Read(ConllData spec, SourceFile file, VocabularyOfCounts vocabulary, IReadOnlyList<string> labels)
    {
        var preparation = new TaggedPreparation(spec, seed: 0);
        int[] examples = preparation.ReadPart(file, EntityTags.Types(labels))!;
        return preparation.Encode(examples, vocabulary(preparation._encoder.Counts()))!;
    }

    private int[]? ReadPart(SourceFile? file, IReadOnlyList<string> types)
    {
        if (file is null)
            return null;
        int first = _annotations.Count;
        Append(file, ReadBio(file), types);
        return [.. Enumerable.Range(first, _annotations.Count - first)];
    }

    /// <summary>The sentences of a file, their tags as BIO whatever scheme the file has.</summary>
    private IReadOnlyList<TaggedSentence> ReadBio(SourceFile file)
    {
        List<TaggedSentence> sentences = [.. ConllReader.Read(file, spec)];
        TagScheme scheme = TagScheme.Of(file, sentences);
        if (scheme.Name is { } name)
            file.Tally.Add($"{Path.GetFileName(file.Path)}: the tags are {name}, read as BIO");
        return [.. sentences.Select(sentence => sentence with { Tags = scheme.ToBio(file, sentence) })];
    }

    private void Append(SourceFile file, IReadOnlyList<TaggedSentence> sentences, IReadOnlyList<string> types)
    {
        if (sentences.Count == 0)
            throw new InvalidInputException(file.Path, "There is no sentence in it.", $"Check {file.Setting}.");
        Dictionary<string, int> numbers = types.Select((name, number) => (name, number)).ToDictionary(t => t.name, t => t.number, StringComparer.Ordinal);
        foreach (TaggedSentence sentence in sentences)
        {
            List<int> tags = [], cases = [];
            for (int word = 0; word < sentence.Words.Count && _encoder.AppendToken(sentence.Words[word]); word++)
            {
                string tag = sentence.Tags[word];
                int type = -1;
                if (tag.Length > 1 && !numbers.TryGetValue(tag[2..], out type))
                {
                    throw new InvalidInputException(ConllReader.Place(file, sentence.Lines[word]),
                        $"The entity type '{tag[2..]}' has no training example; the types are: {PrintableText.List(types)}.", "Correct the tag, or add training sentences of it.");
                }

                tags.Add(tag.Length == 1 ? EntityTags.Outside : tag[0] == 'B' ? EntityTags.Begin(type) : EntityTags.Inside(type));
                cases.Add((int)WordCases.Of(sentence.Words[word]));
            }

            _encoder.EndExample();
            int[] bio = [.. tags];
            EntityTags.MakeBio(bio);
            _annotations.Add(TagAnnotations.Of(bio, [.. cases]));
        }
    }

    private ExampleSet? Encode(int[] examples, WordVocabulary vocabulary)
    {
        int[] noLabels = new int[_annotations.Count];
        Array.Fill(noLabels, -1);
        return examples.Length == 0 ? null : _encoder.Select(examples, noLabels, vocabulary, _annotations);
    }

    private void Note(string part, ExampleSet? examples, string[] types, string origin)
    {
        if (examples is null)
        {
            _notes.Add($"{part}: none");
            return;
        }

        var counts = new int[types.Length];
        for (int example = 0; example < examples.Count; example++)
        {
            foreach (int tag in TagAnnotations.Tags(examples, example))
            {
                if (tag != EntityTags.Outside && !EntityTags.IsInside(tag))
                    counts[EntityTags.TypeOf(tag)]++;
            }
        }

        string shown = string.Join(", ", types.Select((type, i) => Invariant($"{type} {counts[i]:N0}")));
        _notes.Add(Invariant($"{part}: {examples.Count:N0} sentences, {examples.TokenCount:N0} tokens{origin}; {counts.Sum():N0} entities ({shown})"));
    }

    private void NoteWords(IEnumerable<string> vocabulary)
    {
        _notes.AddRange(vocabulary);
        if (_encoder.CutExamples > 0)
            _notes.Add(Invariant($"maxTokens {spec.MaxTokens}: {_encoder.CutExamples:N0} sentences were cut"));
    }
}
