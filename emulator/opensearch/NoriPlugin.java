// The Korean analyser as the managed service has it: analysis-nori itself is on no Maven repository, Lucene's part is.
import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.ko.KoreanAnalyzer;
import org.apache.lucene.analysis.ko.KoreanPartOfSpeechStopFilter;
import org.apache.lucene.analysis.ko.KoreanReadingFormFilter;
import org.apache.lucene.analysis.ko.KoreanTokenizer;
import org.apache.lucene.analysis.ko.KoreanTokenizer.DecompoundMode;
import org.apache.lucene.analysis.ko.POS;
import org.apache.lucene.analysis.ko.dict.UserDictionary;
import org.opensearch.common.settings.Settings;
import org.opensearch.index.analysis.AbstractIndexAnalyzerProvider;
import org.opensearch.index.analysis.AbstractTokenFilterFactory;
import org.opensearch.index.analysis.AbstractTokenizerFactory;
import org.opensearch.index.analysis.AnalyzerProvider;
import org.opensearch.index.analysis.TokenFilterFactory;
import org.opensearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.opensearch.plugins.AnalysisPlugin;
import org.opensearch.plugins.Plugin;

public class NoriPlugin extends Plugin implements AnalysisPlugin {
    private static UserDictionary words(Settings settings) {
        List<String> rules = settings.getAsList("user_dictionary_rules");
        try {
            return rules.isEmpty() ? null : UserDictionary.open(new StringReader(String.join("\n", rules)));
        } catch (IOException error) {
            throw new IllegalArgumentException("user_dictionary_rules", error);
        }
    }

    private static DecompoundMode mode(Settings settings) {
        return DecompoundMode.valueOf(settings.get("decompound_mode", "discard").toUpperCase(Locale.ROOT));
    }

    private static Set<POS.Tag> stopTags(Settings settings) {
        List<String> tags = settings.getAsList("stoptags");
        if (tags.isEmpty()) return KoreanPartOfSpeechStopFilter.DEFAULT_STOP_TAGS;
        return tags.stream().map(POS::resolveTag).collect(Collectors.toSet());
    }

    private static AnalysisProvider<TokenFilterFactory> filter(Function<Settings, Function<TokenStream, TokenStream>> make) {
        return (index, environment, name, settings) -> {
            Function<TokenStream, TokenStream> made = make.apply(settings);
            return new AbstractTokenFilterFactory(index, name, settings) {
                @Override
                public TokenStream create(TokenStream input) {
                    return made.apply(input);
                }
            };
        };
    }

    @Override
    public Map<String, AnalysisProvider<org.opensearch.index.analysis.TokenizerFactory>> getTokenizers() {
        return Map.of("nori_tokenizer", (index, environment, name, settings) -> {
            UserDictionary words = words(settings);
            DecompoundMode mode = mode(settings);
            boolean discard = settings.getAsBoolean("discard_punctuation", true);
            return new AbstractTokenizerFactory(index, settings, name) {
                @Override
                public Tokenizer create() {
                    return new KoreanTokenizer(KoreanTokenizer.DEFAULT_TOKEN_ATTRIBUTE_FACTORY, words, mode, false, discard);
                }
            };
        });
    }

    @Override
    public Map<String, AnalysisProvider<TokenFilterFactory>> getTokenFilters() {
        return Map.of(
            "nori_part_of_speech", filter(settings -> {
                Set<POS.Tag> tags = stopTags(settings);
                return input -> new KoreanPartOfSpeechStopFilter(input, tags);
            }),
            "nori_readingform", filter(settings -> KoreanReadingFormFilter::new));
    }

    @Override
    public Map<String, AnalysisProvider<AnalyzerProvider<? extends org.apache.lucene.analysis.Analyzer>>> getAnalyzers() {
        return Map.of("nori", (index, environment, name, settings) -> {
            KoreanAnalyzer made = new KoreanAnalyzer(words(settings), mode(settings), stopTags(settings), false);
            return new AbstractIndexAnalyzerProvider<KoreanAnalyzer>(index, name, settings) {
                @Override
                public KoreanAnalyzer get() {
                    return made;
                }
            };
        });
    }
}
